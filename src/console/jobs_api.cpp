// /api/v1/jobs[/{job}]: what runs and what ran, newest first; cancelling.

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/told_jobs.h"

namespace kidoban::console {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;

json::object told_job(const jobs::Job& job) {
  const auto at = [](const std::optional<Time>& time) { return time ? json::value(rfc3339(to_us(*time))) : json::value(nullptr); };
  json::object out{{"id", job.id.text()},
                   {"kind", job.kind},
                   {"state", word_of(job.state)},
                   {"subject", job.subject.text()},
                   {"actor", job.actor.id ? json::value(job.actor.id->text()) : json::value(nullptr)},
                   {"done", job.done},
                   {"total", job.total},
                   {"counts", json::parse(job.counts)},
                   {"created_at", at(job.created_at)},
                   {"started_at", at(job.started_at)},
                   {"ended_at", at(job.ended_at)}};
  if (!job.reason.empty()) out["reason"] = job.reason;
  if (job.cancel_asked) out["cancel_asked"] = true;
  return out;
}

void add_job_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/jobs", "jobs_list", [in](Request& request) -> Result<Reply> {
    const auto page = TRY(page_of(request));
    const auto found = TRY(read_as(in, request, Permission::jobs_read, [&](store::Transaction& tx) { return in.jobs.list(tx, page.after, page.limit); }));
    json::array rows;
    for (const auto& one : found) rows.push_back(told_job(one));
    return page_reply("jobs", std::move(rows), page, found.empty() ? std::nullopt : std::optional(found.back().id));
  }));
  routes.add(row(Method::get, "/jobs/{job}", "job_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("job")));
    return json_reply(200, told_job(TRY(read_as(in, request, Permission::jobs_read, [&](store::Transaction& tx) { return in.jobs.get(tx, id); }))));
  }));
  routes.add(row(Method::post, "/jobs/{job}/cancel", "job_cancel", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("job")));
    return json_reply(200, told_job(TRY(write_as(in, request, Permission::jobs_write, [&](store::Transaction& tx, const audit::Event& by) { return in.jobs.cancel(tx, id, by); }))));
  }, Takes::nothing));
}

}  // namespace kidoban::console
