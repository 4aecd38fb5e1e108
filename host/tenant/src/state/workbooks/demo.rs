//! The workbooks every tenant starts with.

use std::ops::Range;

use super::cell::Cell;
use super::format::{CellFormat, Color, FontWeight, FormatSlot, HorizontalAlignment, Hyperlink, HyperlinkKind};
use super::grid::Grid;
use super::workbook::Workbook;
use super::worksheet::Worksheet;
use crate::a1::Area;

/// The id of the first workbook, of sales.
pub const WORKBOOK_ID: &str = "Gl6Pm2Db8D3aQ7mBcvKxY4wRJxLq0Ee9";

/// The id of its first sheet: 姓名, 部门, 奖金 and four people below, in A1:C5.
pub const STAFF_SHEET_ID: &str = "st-7c41e0aa-52317";
/// The title of its first sheet.
pub const STAFF_SHEET_TITLE: &str = "员工奖金";

/// The id of its second sheet: sales, in A1:F7.
pub const LEDGER_SHEET_ID: &str = "st-9b52d1f7-60418";
/// The title of its second sheet; the slash shows whether a caller encodes a path segment.
pub const LEDGER_SHEET_TITLE: &str = "销售台账 2026/Q4";

/// The id of the second workbook, of budgets.
pub const BUDGET_WORKBOOK_ID: &str = "Yn3Kd8WqT5vR1xZsH7cB2uLpF6mJ9aGe";

/// The id of its first sheet: budgets by department and quarter with their sums, in A1:F5; row 5 adds up the columns.
pub const BUDGET_SHEET_ID: &str = "st-3e8f40c2-71905";
/// The title of its first sheet.
pub const BUDGET_SHEET_TITLE: &str = "部门预算";

/// The id of its second sheet, which is hidden: the departments' cost codes, in A1:B4.
pub const CODES_SHEET_ID: &str = "st-b0d6529e-38264";
/// The title of its second sheet.
pub const CODES_SHEET_TITLE: &str = "科目编码";

const STAFF: [[&str; 3]; 5] = [
    ["姓名", "部门", "奖金"],
    ["王伟", "销售部", "5200"],
    ["张敏", "研发部", "4800"],
    ["刘洋", "财务部", "4100"],
    ["陈静", "人力行政部", "3900"],
];

const LEDGER: [[&str; 6]; 7] = [
    ["日期", "客户", "产品", "数量", "金额", "负责人"],
    ["2026-10-08", "杭州云帆科技", "传感器", "120", "36000", "王伟"],
    ["2026-10-15", "上海宏图电子", "控制器", "40", "52000", "李军"],
    ["2026-10-27", "深圳众联物流", "扫码枪", "200", "58000", "赵磊"],
    ["2026-11-03", "宁波海晟贸易", "传感器", "75", "22500", "王伟"],
    ["2026-11-12", "广州粤通仓储", "网关", "16", "44800", "黄婷婷"],
    ["2026-11-18", "苏州恒信制造", "控制器", "25", "32500", "李军"],
];

const BUDGET: [[&str; 6]; 5] = [
    ["部门", "一季度", "二季度", "三季度", "四季度", "合计"],
    ["销售部", "180000", "195000", "210000", "240000", "=SUM(B2:E2)"],
    ["研发部", "320000", "320000", "335000", "335000", "=SUM(B3:E3)"],
    ["财务部", "60000", "60000", "62500", "66000", "=SUM(B4:E4)"],
    ["合计", "=SUM(B2:B4)", "=SUM(C2:C4)", "=SUM(D2:D4)", "=SUM(E2:E4)", "=SUM(F2:F4)"],
];

const CODES: [[&str; 2]; 4] = [["部门", "编码"], ["销售部", "6601"], ["研发部", "6602"], ["财务部", "6603"]];

const HEADING: Color = Color { red: 217, green: 225, blue: 242 };
const MONEY: &str = "#,##0.00";

pub(super) fn workbooks() -> [(String, Workbook); 2] {
    let staff = sheet(STAFF_SHEET_ID, STAFF_SHEET_TITLE, &STAFF, 0..0);
    let ledger = sheet(LEDGER_SHEET_ID, LEDGER_SHEET_TITLE, &LEDGER, 4..5);
    let mut budget = sheet(BUDGET_SHEET_ID, BUDGET_SHEET_TITLE, &BUDGET, 1..6);
    let mut codes = sheet(CODES_SHEET_ID, CODES_SHEET_TITLE, &CODES, 0..0);
    codes.visible = false;
    link_first_cell(&mut budget, CODES_SHEET_ID);
    [
        (WORKBOOK_ID.to_owned(), Workbook::of([staff, ledger])),
        (BUDGET_WORKBOOK_ID.to_owned(), Workbook::of([budget, codes])),
    ]
}

/// A sheet with a heading in bold and, in the columns `money`, amounts below.
fn sheet<const N: usize>(id: &str, title: &str, rows: &[[&str; N]], money: Range<usize>) -> Worksheet {
    let mut sheet = Worksheet::new(id.to_owned(), title.to_owned());
    let area = Area { first_row: 0, first_column: 0, row_count: rows.len(), column_count: N };
    let values = rows.iter().map(|row| row.map(str::to_owned).to_vec());
    sheet.enter(area, values.collect(), Cell::entered);
    let heading = CellFormat {
        background_color: Some(HEADING),
        font_weight: Some(FontWeight::Bold),
        horizontal_alignment: Some(HorizontalAlignment::Center),
        ..CellFormat::default()
    };
    let amount = CellFormat { number_format: Some(MONEY.to_owned()), ..CellFormat::default() };
    let format = |row: usize, column: usize| match row {
        0 => Some(heading.clone().into()),
        _ => money.contains(&column).then(|| amount.clone().into()),
    };
    let formats = (0..rows.len()).map(|row| (0..N).map(|column| format(row, column)).collect());
    sheet.formats = Grid::from(formats.collect::<Vec<Vec<FormatSlot>>>());
    sheet
}

/// Lets the first cell of a sheet lead to another sheet.
fn link_first_cell(sheet: &mut Worksheet, target: &str) {
    let text = sheet.cells.get(0, 0).map(|cell| cell.text().to_owned()).unwrap_or_default();
    let hyperlink = Hyperlink { kind: HyperlinkKind::Sheet, link: target.to_owned(), text };
    let area = Area { first_row: 0, first_column: 0, row_count: 1, column_count: 1 };
    sheet.formats.combine(area, vec![vec![hyperlink]], |slot, link| {
        slot.get_or_insert_default().hyperlink = Some(link);
    });
}
