#pragma once
// Acts that want a second person (approvals/): what of a request is one, keeping it instead of doing it, and doing it once somebody
// agreed. Rows know nothing of this: they are gone through in a transaction that is undone, or in one that grants the approval.

#include <string_view>
#include <vector>

#include "console/asking.h"
#include "console/replay.h"
#include "http/routes.h"

namespace kidoban::console {

// All rows but those of approvals themselves.
std::vector<http::Route> rows_of(const Inside& in);

// Whether each act that may want a second person is a row: one that was renamed would be done by one.
bool knows_its_rows(const std::vector<http::Route>& rows);

// Whether the row of that name may be answered with 202 and an approval instead of being done.
bool may_wait(std::string_view row);

// The row itself, or one that asks first where the tenant switched that on.
http::Route guarded(http::Route row, const Inside& in);

// Does what was asked for, in the name of whoever asked and with the rights of both, in the transaction that grants it. Where it can't
// be done any more, the approval has failed and says why, and the answer is that error.
Result<http::Reply> carry_out(const Inside& in, const http::Request& decision, const Id& approval);

// Who asks for one, or decides: there is no permission that it is by.
audit::Event event_of(const http::Request& request, const login::Asker& who);

http::Reply told_approval(const Inside& in, const http::Request& request, int status, const approvals::Approval& approval);

}  // namespace kidoban::console
