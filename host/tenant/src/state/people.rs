//! The people every tenant starts with: two whom tests know by constants, the others from the seed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::directory::{Department, DepartmentLeadership, DepartmentOrder, ExternalContact, Records, Role, User};
use super::seed::{Generator, Mint, Purpose};

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

/// The id of the sales department, which has two departments below it.
pub const SALES_DEPARTMENT_ID: i64 = 860_410_002;

/// The unionId of 周敏, an external contact: Get UserID By UnionID tells contact type 1.
pub const EXTERNAL_UNION_ID: &str = "Bn6WcR4tJ9sLmXq3PvGyHdKiEiE";
/// The userId of the external contact.
pub const EXTERNAL_USER_ID: &str = "0235481906771";

/// The mobile number of somebody who joins no organisation unasked: creating a user with it sends an invitation.
pub const PROTECTED_MOBILE: &str = "19900000009";

/// The organisation's own fields of a member, which an extension may have.
const EXTENSION_FIELDS: [&str; 3] = ["hobby", "爱好", "紧急联系人"];

const MANAGER_NAME: &str = "李静";
const MEMBER_NAME: &str = "王伟";

const HEADCOUNT: usize = 60;
/// The last few have not activated their accounts yet.
const ACTIVE: usize = 57;
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
    english_name: &'static str,
    leader_title: &'static str,
    titles: [&'static str; 3],
}

const TEAMS: [Team; 9] = [
    Team::new(
        860_410_001,
        ROOT_DEPARTMENT,
        ["总经办", "General Management"],
        "总经理",
        ["总经理助理", "行政秘书", "法务顾问"],
    ),
    Team::new(
        SALES_DEPARTMENT_ID,
        ROOT_DEPARTMENT,
        ["销售部", "Sales"],
        "销售总监",
        ["大客户经理", "销售运营", "商务专员"],
    ),
    Team::new(
        860_410_003,
        SALES_DEPARTMENT_ID,
        ["华东区", "East China"],
        "区域经理",
        ["客户经理", "销售代表", "售前顾问"],
    ),
    Team::new(
        860_410_004,
        SALES_DEPARTMENT_ID,
        ["华南区", "South China"],
        "区域经理",
        ["客户经理", "销售代表", "渠道经理"],
    ),
    Team::new(
        860_410_005,
        ROOT_DEPARTMENT,
        ["研发部", "Research and Development"],
        "技术总监",
        ["架构师", "产品经理", "项目经理"],
    ),
    Team::new(860_410_006, 860_410_005, ["平台组", "Platform"], "技术经理", ["后端工程师", "运维工程师", "前端工程师"]),
    Team::new(
        860_410_007,
        860_410_005,
        ["质量组", "Quality"],
        "测试经理",
        ["测试工程师", "测试开发工程师", "质量工程师"],
    ),
    Team::new(
        860_410_008,
        ROOT_DEPARTMENT,
        ["人力行政部", "Human Resources"],
        "人力总监",
        ["招聘专员", "薪酬专员", "行政专员"],
    ),
    Team::new(860_410_009, ROOT_DEPARTMENT, ["财务部", "Finance"], "财务总监", ["会计", "出纳", "财务分析师"]),
];

impl Team {
    const fn new(
        dept_id: i64,
        parent_id: i64,
        [name, english_name]: [&'static str; 2],
        leader_title: &'static str,
        titles: [&'static str; 3],
    ) -> Self {
        Self { dept_id, parent_id, name, english_name, leader_title, titles }
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

/// Everything the directory starts with.
pub(super) fn records(seed: u64) -> Records {
    Records {
        departments: departments(seed).into_iter().map(Arc::new).collect(),
        users: users(seed).into_iter().map(Arc::new).collect(),
        external_contacts: vec![ExternalContact {
            user_id: EXTERNAL_USER_ID.to_owned(),
            union_id: EXTERNAL_UNION_ID.to_owned(),
            name: "周敏".to_owned(),
            company: "宁波海晟贸易".to_owned(),
        }],
        extension_fields: EXTENSION_FIELDS.map(str::to_owned).into(),
        protected_mobiles: [PROTECTED_MOBILE.to_owned()].into(),
        invitations: BTreeMap::new(),
    }
}

/// The department tree, the root first.
fn departments(seed: u64) -> Vec<Department> {
    let chat_ids = Mint::new(seed, Purpose::DepartmentGroup);
    let root = Department {
        dept_id: ROOT_DEPARTMENT,
        parent_id: None,
        name: COMPANY.to_owned(),
        english_name: Some("Xinghe Trading".to_owned()),
        source_identifier: None,
        code: None,
        order: 0,
        group_chat_id: None,
        auto_add_user: true,
        group_contains_sub_departments: true,
        owner: MANAGER_USER_ID.to_owned(),
        manager_user_ids: vec![MANAGER_USER_ID.to_owned()],
    };
    let teams = TEAMS.iter().zip(1..).map(|(team, number)| Department {
        dept_id: team.dept_id,
        parent_id: Some(team.parent_id),
        name: team.name.to_owned(),
        english_name: Some(team.english_name.to_owned()),
        source_identifier: Some(format!("XH{number:02}")),
        code: Some(format!("{}", 100 * number)),
        order: 10 * number,
        group_chat_id: Some(format!("chat{}", chat_ids.hexadecimal())),
        auto_add_user: true,
        group_contains_sub_departments: true,
        owner: leader(team.dept_id),
        manager_user_ids: vec![leader(team.dept_id)],
    });
    [root].into_iter().chain(teams).collect()
}

/// Everybody, in the order of their job numbers. People are dealt out to the departments in turn; whoever comes to a
/// department first leads it.
fn users(seed: u64) -> Vec<User> {
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
    let mut dept_id_list = vec![team.dept_id];
    if first {
        dept_id_list.push(ROOT_DEPARTMENT);
    }
    let order = |dept_id: &i64| DepartmentOrder { dept_id: *dept_id, order: (HEADCOUNT - number) as i64 };
    let leadership = |dept_id: &i64| DepartmentLeadership { dept_id: *dept_id, leader: leads };
    User {
        union_id,
        name,
        avatar: if leads { format!("https://media.example.com/avatar/{user_id}.jpg") } else { String::new() },
        state_code: "86".to_owned(),
        manager_user_id: (!first).then(|| superior(team, leads)),
        mobile: format!("185{number:08}"),
        hide_mobile: false,
        telephone: leads.then(|| format!("0571-8612{:04}", 3400 + number)),
        job_number: format!("A{number:04}"),
        title: title.to_owned(),
        email: format!("{user_id}@example.com"),
        work_place: generator.pick(&WORK_PLACES).to_owned(),
        remark: if leads { format!("{}负责人", team.name) } else { String::new() },
        extension: if leads { "{\"hobby\":\"羽毛球\"}".to_owned() } else { String::new() },
        exclusive_account: false,
        org_email: format!("{user_id}@xinghe.example.com"),
        dept_order_list: dept_id_list.iter().map(order).collect(),
        leader_in_dept: dept_id_list.iter().map(leadership).collect(),
        dept_id_list,
        hired_date: Some(FIRST_HIRING + generator.below(HIRING_DAYS) as i64 * DAY),
        active: number <= ACTIVE,
        real_authed: number <= ACTIVE,
        senior: first,
        admin: first,
        boss: first,
        role_list: vec![Role { id: role_id, name: role.to_owned(), group_name: "岗位".to_owned() }],
        user_id,
    }
}

/// The userId of the person who leads the team or, for its leader, of the one who leads the department above.
fn superior(team: &Team, leads: bool) -> String {
    leader(if leads { team.parent_id } else { team.dept_id })
}

/// The userId of the person who leads the department.
fn leader(dept_id: i64) -> String {
    let position = TEAMS.iter().position(|team| team.dept_id == dept_id);
    user_id(position.map_or(1, |position| position + 1))
}
