use patchbay_node::{Retry, api::codes::*};

use super::{TOKEN, UNLISTED, UNLISTED_401, UNLISTED_405};

const SCOPE: &str = "Apply for the permission on the application's page in the developer console.";
const SECOND: &str = "Wait a second, longer each time it happens, and run again.";
const MINUTE: &str = "Wait a minute and run again.";
const OWNER: &str = "Use the application that owns it.";
const INPUTS: &str = "Check the inputs that the message names.";
const ADDRESS: &str = "Add this machine's address to the application's list of server egress IPs.";
const LATER: &str = "Wait a moment and run again, three times at most.";

/// The codes of the newer API that mean the same in all operations.
pub(crate) const NEWER: &[Code] = &[
    UNLISTED_401,
    UNLISTED_405,
    UNLISTED,
    auth("InvalidAuthentication", TOKEN),
    auth("invalidAccessToken", TOKEN),
    auth("accesstoken.expired", "The person's token has expired: obtain a new one."),
    auth("invalidClientIdOrSecret", "Correct AppKey and AppSecret of the credential."),
    permission("Forbidden.AccessDenied.AccessTokenPermissionDenied", SCOPE),
    permission("permissions.error", SCOPE),
    permission("apiPermissionDenied", SCOPE),
    permission(
        "permession.checkFailed",
        "Put the person inside the application's visible range, and check its permissions.",
    ),
    permission("groupPermissionDenied", "Use a group that this application created."),
    permission("groupTemplatePermissionDenied", OWNER),
    permission("coolAppPermissionDenied", OWNER),
    permission("auth.error", "Check the application's permissions."),
    permission("unauthorized.client", "Authorise the application."),
    ip_whitelist("Forbidden.AccessDenied.IpNotInWhiteList", ADDRESS),
    ip_whitelist("noPermission.access.illegalIp", ADDRESS),
    rate_limit(
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
        "Wait a second and run again; keep below 20 calls a second.",
    ),
    rate_limit("Forbidden.AccessDenied.QpsLimitForApi", SECOND),
    rate_limit("Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", MINUTE),
    rate_limit("Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi", SECOND),
    rate_limit("Forbidden.AccessDenied.QpmLimitForSuitekeyAndOrgAndApi", MINUTE),
    rate_limit("Forbidden.AccessDenied.Qps*", SECOND),
    rate_limit("Forbidden.AccessDenied.Qpm*", MINUTE),
    rate_limit(
        "Forbidden.AccessDenied.ApiCountLimit*",
        "The organisation's calls of this month are used up: buy more, or wait for the next month.",
    )
    .retry(Retry::Never),
    rate_limit("qps.exceed.limit", SECOND),
    rate_limit("request.too.fast", SECOND),
    parameter("parameter.error", INPUTS),
    parameter("parameter.invalid", INPUTS),
    parameter("invalidParameter", INPUTS),
    parameter("invalidParameter.*", INPUTS),
    parameter("paramIllegal", INPUTS),
    parameter("paramBlank", "Give the input that the message names."),
    parameter("cidEncryptError", "Check ChatId."),
    not_found("invalideChatId", "Check ChatId."),
    not_found("coolAppUnexist", "Check the code of the cool app."),
    // With HTTP 429 these two mean "too many calls"; the status is looked at first.
    failed("system.busy", LATER),
    failed("systemBusy", LATER),
    failed("system.error", LATER),
    failed("systemError", LATER),
    failed("serviceBusy", LATER),
    failed("internalError", LATER),
    failed("unknownError", LATER),
];
