// POST /Bulk (RFC 7644 §3.7): many operations in one request, each with an outcome of its own: one that fails leaves nothing,
// and the others stand. Many share a commit, each a part of it that is undone alone. What an operation makes is named
// by the others with bulkId:…, before or after it, and in circles where a circle can be: then a reference is put in once
// both are there (§3.7.1).

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "provisioning/scim_server/inside.h"

namespace kidoban::scim {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;

namespace {

constexpr std::string_view mark = "bulkId:";
// Operations that share a commit: some milliseconds of the embedded store's writer.
constexpr std::size_t at_once = 100;

struct Step {
  Method method = Method::other;
  bool users = false;
  std::string id, bulk_id, version;
  json::object data;
  bool done = false, failed = false;
  json::object answer;
  json::object later;  // what was left out of a circle: attribute → value
};

std::string_view text_in(const json::object& in, std::string_view name) {
  for (const auto& member : in) {
    if (ascii_iequals(std::string_view(member.key()), name) && member.value().is_string()) return member.value().get_string();
  }
  return {};
}

Result<Step> parse_step(const json::value& value) {
  const auto malformed = [] { return fail(Kind::malformed, "bulk_malformed"); };
  if (!value.is_object()) return malformed();
  const auto& o = value.get_object();
  Step step;
  const std::string method = ascii_lower(text_in(o, "method"));
  step.method = method == "post" ? Method::post : method == "put" ? Method::put : method == "patch" ? Method::patch : method == "delete" ? Method::del : Method::other;
  std::string_view path = text_in(o, "path");
  step.users = path == "/Users" || path.starts_with("/Users/");
  if (step.method == Method::other || (!step.users && path != "/Groups" && !path.starts_with("/Groups/"))) return malformed();
  path.remove_prefix(step.users ? 6 : 7);
  if (path.starts_with("/")) path.remove_prefix(1);
  step.id = std::string(path);
  step.bulk_id = std::string(text_in(o, "bulkId"));
  step.version = std::string(text_in(o, "version"));
  if ((step.method == Method::post) != step.id.empty() || (step.method == Method::post && step.bulk_id.empty())) return malformed();
  for (const auto& member : o) {
    if (ascii_iequals(std::string_view(member.key()), "data") && member.value().is_object()) step.data = member.value().get_object();
  }
  return step;
}

// Every bulkId that a value names.
void references_in(const json::value& value, std::set<std::string>& found) {
  if (value.is_string() && std::string_view(value.get_string()).starts_with(mark)) found.emplace(std::string_view(value.get_string()).substr(mark.size()));
  if (value.is_array()) {
    for (const auto& one : value.get_array()) references_in(one, found);
  }
  if (value.is_object()) {
    for (const auto& member : value.get_object()) references_in(member.value(), found);
  }
}

// Whether it may have a password in it, which is hashed outside of any transaction.
bool mentions_password(const json::value& value) {
  if (value.is_string()) return ascii_lower(std::string_view(value.get_string())).find("password") != std::string::npos;
  if (value.is_array()) return std::ranges::any_of(value.get_array(), mentions_password);
  if (!value.is_object()) return false;
  return std::ranges::any_of(value.get_object(), [](const auto& member) { return ascii_iequals(std::string_view(member.key()), "password") || mentions_password(member.value()); });
}

class Bulk {
 public:
  Bulk(const Inside& in, const Request& request, std::vector<Step> steps, std::size_t fail_on) : in_(in), request_(request), steps_(std::move(steps)), fail_on_(fail_on) {}

  json::array run() {
    while (!stopped()) {
      bool moved = false;
      for (auto step = steps_.begin(); step != steps_.end() && !stopped();) {
        if (step->done || !ready(*step)) {
          ++step;
          continue;
        }
        moved = true;
        if (mentions_password(step->data)) perform(*step++, nullptr);
        else step = perform_some(step);
      }
      if (moved) continue;
      const auto waiting = std::ranges::find_if(steps_, [](const Step& one) { return !one.done; });
      if (waiting == steps_.end()) break;
      if (!open_circle()) refuse(*waiting);
    }
    json::array out;
    for (Step& step : steps_) {
      if (step.done) out.push_back(std::move(step.answer));
    }
    return out;
  }

 private:
  bool stopped() const { return fail_on_ > 0 && errors_ >= fail_on_; }

  std::set<std::string> unresolved(const json::value& value) const {
    std::set<std::string> named;
    references_in(value, named);
    std::erase_if(named, [&](const std::string& one) { return made_.contains(one); });
    return named;
  }
  bool ready(const Step& step) const { return unresolved(step.data).empty() && unresolved(json::value(step.id)).empty(); }

  void resolve_in(json::value& value) const {
    if (value.is_string() && std::string_view(value.get_string()).starts_with(mark)) {
      const auto found = made_.find(std::string(std::string_view(value.get_string()).substr(mark.size())));
      if (found != made_.end()) value = found->second;
    } else if (value.is_array()) {
      for (auto& one : value.get_array()) resolve_in(one);
    } else if (value.is_object()) {
      for (auto& member : value.get_object()) resolve_in(member.value());
    }
  }

  // Takes what isn't there yet out of the first that can be made without it: members of a group, somebody's manager.
  bool open_circle() {
    for (Step& step : steps_) {
      if (step.done || step.method != Method::post || unresolved(step.data).empty() || hopeless(step)) continue;
      json::object without = step.data, later;
      if (auto* members = without.if_contains("members"); members != nullptr && members->is_array() && !step.users) {
        json::array stay, wait;
        for (auto& one : members->get_array()) (unresolved(one).empty() ? stay : wait).push_back(one);
        if (!wait.empty()) later["members"] = std::move(wait);
        *members = std::move(stay);
      }
      if (auto* enterprise = without.if_contains(enterprise_urn); enterprise != nullptr && enterprise->is_object()) {
        if (auto* manager = enterprise->get_object().if_contains("manager"); manager != nullptr && !unresolved(*manager).empty()) {
          later[std::string(enterprise_urn) + ":manager"] = *manager;
          enterprise->get_object().erase("manager");
        }
      }
      if (later.empty() || !unresolved(without).empty()) continue;
      step.data = std::move(without);
      step.later = std::move(later);
      return true;
    }
    return false;
  }

  // It waits for what nobody here will make.
  bool hopeless(const Step& step) const {
    return std::ranges::any_of(unresolved(step.data), [&](const std::string& name) {
      return std::ranges::none_of(steps_, [&](const Step& one) { return one.bulk_id == name && one.method == Method::post && !one.failed; });
    });
  }

  void refuse(Step& step) { answer(step, fail(Kind::conflict, "bulk_id_unresolved").error()); }

  void answer(Step& step, const Error& error) {
    step.done = step.failed = true;
    ++errors_;
    begin_answer(step, status_of(error));
    step.answer["response"] = error_body(error);
  }
  static void begin_answer(Step& step, int status) {
    step.answer = {{"method", step.method == Method::del ? "DELETE" : http::name_of(step.method)}, {"status", std::to_string(status)}};
    if (!step.bulk_id.empty()) step.answer["bulkId"] = step.bulk_id;
  }

  using Place = std::vector<Step>::iterator;

  // What a commit changes besides its own steps.
  struct Before {
    std::size_t errors;
    std::map<std::string, std::string> made;
    std::vector<Step*> later;
    std::vector<json::object> answers;  // of `later`
  };
  Before before() const {
    Before out{errors_, made_, later_, {}};
    for (const Step* one : later_) out.answers.push_back(one->answer);
    return out;
  }
  void undo(const Before& to) {
    errors_ = to.errors;
    made_ = to.made;
    later_ = to.later;
    for (std::size_t i = 0; i < later_.size(); ++i) later_[i]->answer = to.answers[i];
    for (Step* one : shared_) {
      one->done = one->failed = false;
      one->answer.clear();
    }
  }

  // From here on, in one commit, as many as may share it; → where to go on.
  Place perform_some(Place from) {
    const Before stood = before();
    shared_.clear();
    Place next = from;
    const auto did = in_.store.write(*request_.site.tenant, request_.deadline, [&](store::Transaction& tx) -> Status {
      undo(stood);  // the body may run again
      shared_.clear();
      Shared shared{tx};
      for (next = from; next != steps_.end() && shared_.size() < at_once && !stopped();) {
        if (next->done || !ready(*next)) {
          ++next;
        } else if (mentions_password(next->data)) {
          break;
        } else if (next->method == Method::post && next->users) {
          next = create_some(next, shared);
        } else {
          shared_.push_back(&*next);
          perform(*next++, &shared);
        }
      }
      return {};
    });
    if (did) return next;
    undo(stood);
    if (shared_.empty()) shared_.push_back(&*next++);  // it never came so far
    for (Step* one : shared_) {
      if (!stopped()) answer(*one, did.error());
    }
    return next;
  }

  // People one after another are made together.
  Place create_some(Place from, Shared& shared) {
    std::vector<json::object> bodies;
    std::vector<Step*> steps;
    Place next = from;
    for (; next != steps_.end() && shared_.size() < at_once; ++next) {
      if (next->done) continue;
      if (next->method != Method::post || !next->users || !ready(*next) || mentions_password(next->data)) break;
      // Whoever would be the last error that is allowed is the last that is done.
      if (fail_on_ > 0 && errors_ + steps.size() >= fail_on_) break;
      shared_.push_back(&*next);
      steps.push_back(&*next);
      json::value data = next->data;
      resolve_in(data);
      bodies.push_back(std::move(data.get_object()));
    }
    // A part: where all of them are refused at once, nothing of them is left.
    auto made = shared.tx.part([&] { return create_users(in_, request_, shared, bodies); });
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!made) answer(*steps[i], made.error());
      else settle(*steps[i], std::move((*made)[i]), &shared);
    }
    return next;
  }

  void perform(Step& step, Shared* shared) {
    json::value data = step.data, id = json::value(step.id);
    resolve_in(data);
    resolve_in(id);
    settle(step, act(step, data.get_object(), std::string_view(id.get_string()), shared), shared);
    // What it changed may be who asks.
    if (shared != nullptr && step.method != Method::post) shared->asker.reset();
  }

  void settle(Step& step, Result<Shown> shown, Shared* shared) {
    if (!shown) return answer(step, shown.error());
    step.done = true;
    begin_answer(step, step.method == Method::post ? 201 : step.method == Method::del ? 204 : 200);
    if (step.method == Method::del) return;
    step.answer["location"] = shown->location;
    if (!shown->tag.empty()) step.answer["version"] = "W/\"" + shown->tag + "\"";
    if (step.method == Method::post) made_[step.bulk_id] = std::string(std::string_view(shown->resource["id"].as_string()));
    if (!step.later.empty()) later_.push_back(&step);
    put_in_later(shared);
  }

  Result<Shown> act(const Step& step, const json::object& data, std::string_view id, Shared* shared) const {
    Call call{&data, std::nullopt, TRY(tags_in(step.version)), false};
    call.shared = shared;
    if (step.method != Method::post) call.id = TRY(Id::parse(id));
    switch (step.method) {
      case Method::post: return step.users ? create_user(in_, request_, call) : create_group(in_, request_, call);
      case Method::put: return step.users ? replace_user(in_, request_, call) : replace_group(in_, request_, call);
      case Method::patch: return step.users ? patch_user(in_, request_, call) : patch_group(in_, request_, call);
      default: TRY(step.users ? delete_user(in_, request_, call) : delete_group(in_, request_, call)); return Shown();
    }
  }

  // What was left out, once all that it names is there.
  void put_in_later(Shared* shared) {
    std::vector<Step*> waiting;
    for (Step* step : later_) {
      if (!unresolved(step->later).empty()) {
        waiting.push_back(step);
        continue;
      }
      json::value left_out = step->later;
      resolve_in(left_out);
      json::array operations;
      for (const auto& member : left_out.get_object()) operations.push_back(json::object{{"op", "add"}, {"path", member.key()}, {"value", member.value()}});
      Step patch;
      patch.method = Method::patch;
      patch.users = step->users;
      const auto shown = act(patch, {{"Operations", std::move(operations)}}, made_[step->bulk_id], shared);
      if (!shown) {
        // It was made, without what couldn't be: the client hears both.
        ++errors_;
        step->answer["status"] = std::to_string(status_of(shown.error()));
        step->answer["response"] = error_body(shown.error());
      } else if (!shown->tag.empty()) {
        step->answer["version"] = "W/\"" + shown->tag + "\"";
      }
    }
    later_ = std::move(waiting);
  }

  const Inside& in_;
  const Request& request_;
  std::vector<Step> steps_;
  std::size_t fail_on_, errors_ = 0;
  std::map<std::string, std::string> made_;  // bulkId → id
  std::vector<Step*> later_;
  std::vector<Step*> shared_;  // of the commit on its way
};

}  // namespace

void add_bulk_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::post, "/Bulk", "bulk", limits::scim_body_bytes, [in](Request& request) -> Result<Reply> {
    // Who may nothing has nothing read: the body may be large.
    TRY(in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) { return caller(in, tx, request, Permission::people_read); }));
    const auto body = TRY(body_of(request));
    const json::value* list = nullptr;
    std::size_t fail_on = 0;
    for (const auto& member : body) {
      if (ascii_iequals(std::string_view(member.key()), "Operations")) list = &member.value();
      if (ascii_iequals(std::string_view(member.key()), "failOnErrors") && member.value().is_int64()) fail_on = static_cast<std::size_t>(std::max<std::int64_t>(0, member.value().get_int64()));
    }
    if (list == nullptr || !list->is_array()) return fail(Kind::malformed, "bulk_malformed");
    if (list->get_array().size() > limits::scim_operations) return fail(Kind::malformed, "bulk_too_many");
    std::vector<Step> steps;
    std::set<std::string> names;
    for (const auto& one : list->get_array()) {
      steps.push_back(TRY(parse_step(one)));
      if (steps.back().method == Method::post && !names.insert(steps.back().bulk_id).second) return fail(Kind::malformed, "bulk_malformed");
    }
    json::object out{{"schemas", {"urn:ietf:params:scim:api:messages:2.0:BulkResponse"}}};
    out["Operations"] = Bulk(in, request, std::move(steps), fail_on).run();
    return scim_reply(200, out);
  }));
}

}  // namespace kidoban::scim
