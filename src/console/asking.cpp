#include "console/asking.h"

#include <algorithm>

#include "base/text.h"
#include "console/replay.h"

namespace kidoban::console {

namespace {

using directory::PermissionSet, directory::Person;

Failure missing(Permission needed) { return fail(Kind::forbidden, "permission_missing", std::string(directory::word_of(needed))); }

bool acts_on_people(Permission one) { return one == Permission::people_write || one == Permission::people_reset || one == Permission::people_unlock; }

Result<bool> reaches(const Inside& in, store::Transaction& tx, const directory::Scope& scope, const Person& person) {
  if (scope.kind == directory::Scope::Kind::domain) return person.profile.login.ends_with("@" + scope.what);
  if (scope.kind != directory::Scope::Kind::group) return true;
  // Directly: who may put groups into theirs doesn't reach further by it.
  const auto groups = TRY(in.directory.groups().directly_of(tx, person.id));
  return std::ranges::any_of(groups, [&](const directory::Membership& group) { return group.id.text() == scope.what; });
}

// In a replay it is whoever asked, as they stand now, with no more than whoever agrees may do, too.
Result<Asking> identified(const Inside& in, store::Transaction& tx, const http::Request& request, Permission needed) {
  if (in.asker) return Asking{in.asker(), needed};
  const Replay* replay = in.replay;
  if (replay == nullptr) return Asking{TRY(login::asker(in.login, in.directory, tx, request)), needed};
  Asking who{{}, needed, replay->approval, replay->approver};
  if (!replay->asker) {
    static_cast<login::Asker&>(who) = TRY(login::asker(in.login, in.directory, tx, request));
    return who;
  }
  who.actor = replay->asker->actor;
  who.session = replay->asker->session;
  who.grant = TRY(in.approvals.grant_of(tx, *replay->asker));
  if (replay->approver) who.grant = approvals::both(who.grant, TRY(in.approvals.grant_of(tx, {{audit::ActorKind::person, *replay->approver}})));
  return who;
}

}  // namespace

Status begin_replay(const Inside& in, store::Transaction& tx) { return in.replay != nullptr && in.replay->before ? in.replay->before(tx) : Status(); }
Status end_replay(const Inside& in, store::Transaction& tx) { return in.replay != nullptr && in.replay->after ? in.replay->after(tx) : Status(); }

Result<bool> Asking::may(const Inside& in, store::Transaction& tx, Permission one, const Person& person) const {
  if (directory::holds(grant.everywhere, one)) return true;
  for (const auto& [scope, set] : grant.scoped) {
    if (directory::holds(set, one) && TRY(reaches(in, tx, scope, person))) return true;
  }
  return false;
}

Status check(const Asking& who, Permission needed) {
  if (who.may(needed)) return {};
  return missing(needed);
}

Status may_hand_out(const Asking& who, const PermissionSet& given) {
  if ((given & ~who.grant.everywhere).none()) return {};
  return fail(Kind::forbidden, "permission_not_yours");
}

Result<Asking> asking(const Inside& in, store::Transaction& tx, const http::Request& request, Permission needed, Somewhere somewhere) {
  const Asking who = TRY(identified(in, tx, request, needed));
  if (who.grant.anywhere().none()) return fail(Kind::forbidden, "not_administrator");
  if (!directory::holds(who.grant.anywhere(), needed)) return missing(needed);
  if (const auto id = request.path_value("person"); !id.empty()) {
    const auto person = TRY(in.directory.get_person(tx, TRY(Id::parse(id))));
    // A group's member is that group's business; everything else is the person's.
    const bool member = !request.path_value("group").empty();
    if (!member && !TRY(who.may(in, tx, needed, person))) return missing(needed);
    if (acts_on_people(needed)) {
      TRY(in.directory.roles().leave_more_powerful(tx, who.grant.everywhere, person.id, person.administrator));
    }
    if (!member) return who;
  }
  if (who.may(needed) || somewhere == Somewhere::allowed) return who;
  const auto group = request.path_value("group");
  const bool theirs = !group.empty() && std::ranges::any_of(who.grant.scoped, [&](const auto& one) {
    return directory::holds(one.second, needed) && one.first == directory::Scope{directory::Scope::Kind::group, std::string(group)};
  });
  if (!theirs) return missing(needed);
  return who;
}

Result<http::Reply> create_as(const Inside& in, const http::Request& request, Permission needed, const Make& make, const Creating& how) {
  const Creation creation = how.creation ? *how.creation : TRY(Creation::of(request));
  std::optional<KeptAnswers::UnderWay> under_way;
  if (creation.key) under_way.emplace(TRY(in.kept.begin(request, *creation.key)));
  auto told = write(in, request, [&](store::Transaction& tx) -> Result<KeptAnswers::Told> {
    const Asking who = TRY(asking(in, tx, request, needed, how.somewhere));
    const auto event = by(request, who);
    if (who.credential) TRY(in.directory.service_accounts().note_use(tx, *who.credential, event));
    const auto now = [&](store::Transaction& same) { return make(same, who, event); };
    if (!creation.key) return KeptAnswers::Told{TRY(now(tx))};
    return in.kept.once(tx, who, creation, how.secrecy, now);
  });
  if (creation.key) KeptAnswers::count(told);
  return std::move(TRY(std::move(told)).reply);
}

audit::Event by(const http::Request& request, const Asking& who) {
  auto event = login::by(request, "console.request", who, who.needed);
  if (who.approval) event.detail.emplace_back(approvals::approval_detail, who.approval->text());
  if (who.approver) event.detail.emplace_back(approvals::approver_detail, who.approver->text());
  return event;
}

}  // namespace kidoban::console
