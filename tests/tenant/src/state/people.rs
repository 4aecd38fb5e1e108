//! The people every tenant starts with: two whom tests know by constants, the others from the seed.

use std::collections::HashSet;

use super::directory::{Department, DepartmentLeadership, DepartmentOrder, Role, User};
use super::seed::{Generator, Purpose};

/// The userId of the general manager, 李静.
pub const MANAGER_USER_ID: &str = "manager001";
/// The unionId of the general manager: the operator to use for spreadsheets.
pub const MANAGER_UNION_ID: &str = "kQm7hRzV2nTfGdXcLpYwBsAiEiE";
/// The mobile number of the general manager.
pub const MANAGER_MOBILE: &str = "18500000001";

/// The userId of the head of sales, 王伟.
pub const MEMBER_USER_ID: &str = "user002";
/// The unionId of the head of sales.
pub const MEMBER_UNION_ID: &str = "Vx3TqL8mNc5RkZ2wHjYpDuFiEiE";
/// The mobile number of the head of sales.
pub const MEMBER_MOBILE: &str = "18500000002";

const MANAGER_NAME: &str = "李静";
const MEMBER_NAME: &str = "王伟";

const HEADCOUNT: usize = 60;
const ROOT_DEPARTMENT: i64 = 1;
const COMPANY: &str = "杭州星河贸易有限公司";

/// 2015-01-05 09:00 in China, in milliseconds.
const FIRST_HIRING: i64 = 1_420_419_600_000;
const DAY: i64 = 86_400_000;
const HIRING_DAYS: u64 = 3_900;

/// A department below the root, with the titles of the people in it.
struct Team {
    dept_id: i64,
    parent_id: i64,
    name: &'static str,
    leader_title: &'static str,
    titles: [&'static str; 3],
}

const TEAMS: [Team; 9] = [
    Team::new(860_410_001, ROOT_DEPARTMENT, "总经办", "总经理", ["总经理助理", "行政秘书", "法务顾问"]),
    Team::new(860_410_002, ROOT_DEPARTMENT, "销售部", "销售总监", ["大客户经理", "销售运营", "商务专员"]),
    Team::new(860_410_003, 860_410_002, "华东区", "区域经理", ["客户经理", "销售代表", "售前顾问"]),
    Team::new(860_410_004, 860_410_002, "华南区", "区域经理", ["客户经理", "销售代表", "渠道经理"]),
    Team::new(860_410_005, ROOT_DEPARTMENT, "研发部", "技术总监", ["架构师", "产品经理", "项目经理"]),
    Team::new(860_410_006, 860_410_005, "平台组", "技术经理", ["后端工程师", "运维工程师", "前端工程师"]),
    Team::new(860_410_007, 860_410_005, "质量组", "测试经理", ["测试工程师", "测试开发工程师", "质量工程师"]),
    Team::new(860_410_008, ROOT_DEPARTMENT, "人力行政部", "人力总监", ["招聘专员", "薪酬专员", "行政专员"]),
    Team::new(860_410_009, ROOT_DEPARTMENT, "财务部", "财务总监", ["会计", "出纳", "财务分析师"]),
];

impl Team {
    const fn new(
        dept_id: i64,
        parent_id: i64,
        name: &'static str,
        leader_title: &'static str,
        titles: [&'static str; 3],
    ) -> Self {
        Self { dept_id, parent_id, name, leader_title, titles }
    }
}

const FAMILY_NAMES: [&str; 24] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马",
    "罗", "梁", "宋", "郑", "欧阳",
];

const GIVEN_NAMES: [&str; 32] = [
    "伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛", "明", "超", "霞", "秀英", "建国",
    "志强", "晓梅", "雨桐", "子轩", "浩然", "思远", "佳怡", "梓涵", "文博", "海燕", "国栋", "丽华", "俊杰", "婷婷",
];

const WORK_PLACES: [&str; 3] = ["杭州总部", "上海办公室", "深圳办公室"];

/// The department tree, the root first.
pub(super) fn departments() -> Vec<Department> {
    let root = Department { dept_id: ROOT_DEPARTMENT, parent_id: None, name: COMPANY.to_owned() };
    let teams = TEAMS.iter().map(|team| Department {
        dept_id: team.dept_id,
        parent_id: Some(team.parent_id),
        name: team.name.to_owned(),
    });
    [root].into_iter().chain(teams).collect()
}

/// Everybody, in the order of their job numbers. People are dealt out to the departments in turn; whoever comes to a
/// department first leads it.
pub(super) fn users(seed: u64) -> Vec<User> {
    let mut generator = Generator::new(seed, Purpose::People);
    let mut names = HashSet::from([MANAGER_NAME.to_owned(), MEMBER_NAME.to_owned()]);
    let places = TEAMS.iter().cycle().zip(1..=HEADCOUNT);
    places
        .map(|(team, number)| {
            let (union_id, name) = match number {
                1 => (MANAGER_UNION_ID.to_owned(), MANAGER_NAME.to_owned()),
                2 => (MEMBER_UNION_ID.to_owned(), MEMBER_NAME.to_owned()),
                _ => (generator.union_id(), new_name(&mut generator, &mut names)),
            };
            user(team, number, union_id, name, &mut generator)
        })
        .collect()
}

fn user_id(number: usize) -> String {
    match number {
        1 => MANAGER_USER_ID.to_owned(),
        _ => format!("user{number:03}"),
    }
}

/// A name that nobody has yet: there are 768 of them, more than enough for everyone.
fn new_name(generator: &mut Generator, taken: &mut HashSet<String>) -> String {
    loop {
        let (family, given) = (generator.pick(&FAMILY_NAMES), generator.pick(&GIVEN_NAMES));
        let name = format!("{family}{given}");
        if taken.insert(name.clone()) {
            return name;
        }
    }
}

fn user(team: &Team, number: usize, union_id: String, name: String, generator: &mut Generator) -> User {
    let user_id = user_id(number);
    let first = number == 1;
    let leads = number <= TEAMS.len();
    let (title, role_id, role) = if leads {
        (team.leader_title, 2_460_001, "主管")
    } else {
        (generator.pick(&team.titles), 2_460_002, "员工")
    };
    User {
        union_id,
        name,
        state_code: "86".to_owned(),
        manager_user_id: (!first).then(|| superior(team, leads)),
        mobile: format!("185{number:08}"),
        hide_mobile: false,
        telephone: leads.then(|| format!("0571-8612{:04}", 3400 + number)),
        job_number: format!("A{number:04}"),
        title: title.to_owned(),
        email: format!("{user_id}@example.com"),
        work_place: generator.pick(&WORK_PLACES).to_owned(),
        exclusive_account: false,
        org_email: format!("{user_id}@xinghe.example.com"),
        dept_id_list: vec![team.dept_id],
        dept_order_list: vec![DepartmentOrder { dept_id: team.dept_id, order: (HEADCOUNT - number) as i64 }],
        hired_date: FIRST_HIRING + generator.below(HIRING_DAYS) as i64 * DAY,
        active: true,
        real_authed: true,
        senior: first,
        admin: first,
        boss: first,
        leader_in_dept: vec![DepartmentLeadership { dept_id: team.dept_id, leader: leads }],
        role_list: vec![Role { id: role_id, name: role.to_owned(), group_name: "岗位".to_owned() }],
        user_id,
    }
}

/// The userId of the person who leads the team or, for its leader, of the one who leads the department above.
fn superior(team: &Team, leads: bool) -> String {
    let dept_id = if leads { team.parent_id } else { team.dept_id };
    let position = TEAMS.iter().position(|team| team.dept_id == dept_id);
    user_id(position.map_or(1, |position| position + 1))
}
