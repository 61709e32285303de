#pragma once
// What the rows of jobs, imports and exports have in common.

#include <boost/json/object.hpp>

#include "console/asking.h"
#include "jobs/jobs.h"
#include "transfer/transfer.h"

namespace kidoban::console {

boost::json::object told_job(const jobs::Job& job);

// Who may have a kind of file made, and who may bring one.
constexpr Permission may_read(transfer::FileKind kind) { return kind == transfer::FileKind::people ? Permission::people_read : Permission::groups_read; }
constexpr Permission may_write(transfer::FileKind kind) { return kind == transfer::FileKind::people ? Permission::people_write : Permission::groups_write; }

// malformed/"kind_unknown".
inline Result<transfer::FileKind> kind_in(const http::Form& query) {
  const auto kind = transfer::file_kind_named(query.get_or("kind"));
  if (!kind) return fail(Kind::malformed, "kind_unknown", "kind is people, groups or members");
  return *kind;
}

}  // namespace kidoban::console
