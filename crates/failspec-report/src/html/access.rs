//! The table of operations and roles.

use crate::summary::{role_name, statuses};
use failspec_judge::report_model::{OperationAccess, PackReport};

use super::page::Page;

/// Writes what each role got from each operation of a pack, if at least two roles called any.
pub(super) fn table(page: &mut Page, pack: &PackReport) {
    if !OperationAccess::is_comparable(&pack.access) {
        return;
    }
    let roles = OperationAccess::roles(&pack.access);
    page.raw("<details><summary>Operations and roles: the statuses that each role got</summary>\n");
    page.raw("<table class=\"matrix\">\n<thead><tr><th scope=\"col\">operation</th>");
    for role in &roles {
        page.raw("<th scope=\"col\">").text(role_name(*role)).raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for row in &pack.access {
        page.raw("<tr><th scope=\"row\"><code>").text(&row.operation).raw("</code></th>");
        for role in &roles {
            page.raw("<td>").text(&statuses(row.of(*role))).raw("</td>");
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></details>\n");
}
