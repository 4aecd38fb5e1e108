-- For wrk: one invocation again and again; the last line of what it prints is JSON. See service.sh.

local with_key
local template
local sent = 0

function init(arguments)
    wrk.method = "POST"
    wrk.headers["content-type"] = "application/json"
    wrk.body = arguments[1]
    -- A call that may not be the same twice has its number in it.
    if arguments[1]:find("{number}", 1, true) then
        template = arguments[1]
    end
    with_key = arguments[2] == "yes"
    -- No two runs on one data directory may use the same key.
    math.randomseed(os.time())
    prefix = tostring(math.random(1, 2 ^ 30)) .. "-"
end

function request()
    sent = sent + 1
    if template then
        wrk.body = template:gsub("{number}", prefix .. sent)
    end
    if with_key then
        wrk.headers["idempotency-key"] = prefix .. sent
    end
    return wrk.format()
end

function done(summary, latency)
    local errors = summary.errors
    local line = '{"answered":%d,"per_second":%d,"median_ms":%.2f,"p99_ms":%.2f,"refused":%d}\n'
    io.write(line:format(
        summary.requests,
        summary.requests / summary.duration * 1e6,
        latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3,
        errors.status + errors.connect + errors.read + errors.write + errors.timeout
    ))
end
