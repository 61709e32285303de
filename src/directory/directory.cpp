#include "directory/directory.h"

#include <algorithm>

#include "base/text.h"
#include "directory/directory_store.h"
#include "directory/profile.h"
#include "directory/reading.h"
#include "tenant/domains.h"

namespace kidoban::directory {

namespace {

constexpr std::string_view login_index = "people.login";
constexpr std::string_view external_id_index = "people.external_id";
constexpr std::string_view login_domain_index = "people.login_domain";
constexpr std::string_view section = "directory";
// So many may share an external id before no source could have meant it.
constexpr std::size_t same_external_id = 100;
// Removed one after another in transactions of their own, so that nobody waits for long.
constexpr std::size_t due_at_once = 100;
// Holders of one role that are looked at for who may do something.
constexpr std::size_t looked_at_for_power = 100;

std::string_view word_of(PersonState state) {
  switch (state) {
    case PersonState::enabled: return "enabled";
    case PersonState::disabled: return "disabled";
    case PersonState::pending_deletion: return "pending_deletion";
  }
  return "";
}

std::string_view word_of(bool yes) { return yes ? "true" : "false"; }
std::string told_of(const std::optional<Time>& at) { return at ? rfc3339(to_us(*at)) : std::string(); }
std::string told_of(const std::optional<Source>& source) {
  if (!source) return {};
  return std::string(source->kind == SourceKind::scim ? "scim " : "sync ") + source->account.text();
}

PersonRow row_of(const seal::TenantKey& key, const Person& p) {
  return {p.id, p.state, p.administrator, key.seal(profile_of(p.id), profile_json(p.profile)), p.created_at, p.updated_at, p.version,
          p.valid_from, p.valid_until, p.gone_at, p.source};
}

PersonIndexes indexes_of(const seal::TenantKey& key, const Profile& profile) {
  PersonIndexes out{key.blind_index(login_index, profile.login), {},
                    key.blind_index(login_domain_index, std::string_view(profile.login).substr(profile.login.rfind('@') + 1))};
  if (!profile.external_id.empty()) out.external_id = key.blind_index(external_id_index, profile.external_id);
  return out;
}

Status check_validity(const Person& p) {
  if (p.valid_from && p.valid_until && *p.valid_until <= *p.valid_from) return fail(Kind::malformed, "validity_malformed", "valid_until");
  return {};
}

// Whether this writer may put another value there.
Result<bool> may_write(const Schema& schema, const Person& person, const Change& change, std::string_view attribute) {
  using Kind_ = Writer::Kind;
  if (change.writer.kind == Kind_::self) {
    if (schema.self_editable(attribute)) return true;
    return fail(Kind::forbidden, "attribute_not_yours", std::string(attribute));
  }
  const auto master = Directory::master_of(schema, person, attribute);
  const bool is_master = change.writer.kind == Kind_::source ? master == change.writer.source : !master;
  if (is_master) return true;
  if (change.mastered == Change::Mastered::skip) return false;
  return fail(Kind::conflict, "attribute_mastered_elsewhere", std::string(attribute));
}

audit::Event about(audit::Event by, Reason name, std::string_view kind, const Id& target) {
  by.name = name;
  by.target_kind = kind;
  by.target = target;
  return by;
}

}  // namespace

bool Person::is_active(Time now) const {
  return state == PersonState::enabled && (!valid_from || *valid_from <= now) && (!valid_until || now < *valid_until);
}

std::optional<Source> Directory::master_of(const Schema& schema, const Person& person, std::string_view attribute) {
  return person.source && schema.master_of(attribute) == Master::source ? person.source : std::nullopt;
}

Result<Person> Directory::create_person(store::Transaction& tx, const NewPerson& wanted, const audit::Event& by) {
  auto made = TRY(create_people(tx, std::span(&wanted, 1), by));
  return std::move(made.front());
}

namespace {

// Whether a login may be in its domain: one look for each domain that there is among many.
class DomainsAllowed {
 public:
  explicit DomainsAllowed(store::Transaction& tx) : tx_(tx) {}
  // The outer Error is the store's.
  Result<Status> of(std::string_view login) {
    const auto [one, is_new] = known_.try_emplace(std::string(login.substr(login.rfind('@') + 1)));
    if (is_new) one->second = tenant::check_login(tx_, login);
    if (!one->second && one->second.error().kind != Kind::malformed) return std::unexpected(one->second.error());
    return one->second;
  }

 private:
  store::Transaction& tx_;
  std::map<std::string, Status, std::less<>> known_;
};

// As many of `wanted` as the quota has left.
Result<std::size_t> count_in(store::Transaction& tx, std::size_t wanted) {
  if (wanted == 0 || TRY(count_more(tx, static_cast<std::int64_t>(wanted)))) return wanted;
  const auto usage = TRY(select_usage(tx));
  const auto left = std::max<std::int64_t>(0, usage.quota.value_or(0) - usage.people);
  if (left == 0) return 0;
  if (!TRY(count_more(tx, left))) return fail(Kind::internal, "store_failed", "the quota changed within a transaction");
  return static_cast<std::size_t>(left);
}

}  // namespace

Result<Preparation> Directory::preparation(store::Transaction& tx, const audit::Event& by) {
  return Preparation{tx.tenant(), TRY(keys_.of(tx)), TRY(schema(tx)), by};
}

Result<bool> Directory::holds_good(store::Transaction& tx, const Preparation& with) {
  return with.tenant == tx.tenant() && TRY(keys_.of(tx)) == with.key && TRY(schema(tx)) == with.schema;
}

Result<PreparedPerson> Directory::prepare(const Preparation& with, const NewPerson& wanted) const {
  const Time now = clock_.now();
  PreparedPerson out{.person = {new_id(clock_, random_), wanted.enabled ? PersonState::enabled : PersonState::disabled, wanted.administrator,
                                TRY(checked(wanted.profile, with.schema.custom)), now, now, 1, wanted.valid_from, wanted.valid_until, {}, wanted.source},
                     .sealed = {},
                     .indexes = {},
                     .record = {}};
  const Person& person = out.person;
  TRY(check_validity(person));
  out.sealed = with.key->seal(profile_of(person.id), profile_json(person.profile));
  out.indexes = indexes_of(*with.key, person.profile);
  audit::Event event = about(with.by, "person.created", "person", person.id);
  event.detail.emplace_back("login", person.profile.login);
  event.detail.emplace_back("administrator", word_of(person.administrator));
  if (person.source) event.detail.emplace_back("source", told_of(person.source));
  out.record = audit_.prepare(*with.key, with.tenant, event);
  return out;
}

Result<std::vector<Status>> Directory::create_prepared(store::Transaction& tx, const Preparation& with, std::span<const PreparedPerson* const> people) {
  if (with.tenant != tx.tenant()) return fail(Kind::internal, "preparation_foreign");
  DomainsAllowed domains(tx);
  std::vector<Status> all(people.size());
  std::vector<std::size_t> good;  // of `people`: who may be made
  for (std::size_t i = 0; i < people.size(); ++i) {
    const Person& person = people[i]->person;
    all[i] = TRY(domains.of(person.profile.login));
    if (all[i] && watch_ != nullptr) {
      all[i] = watch_->person_becomes(tx, nullptr, person, with.by);
      if (!all[i] && all[i].error().kind != Kind::conflict) return std::unexpected(std::move(all[i].error()));
    }
    if (all[i]) good.push_back(i);
  }
  const auto within = TRY(count_in(tx, good.size()));
  for (std::size_t i = within; i < good.size(); ++i) all[good[i]] = fail(Kind::conflict, "quota_reached", "the contract allows no more people");
  good.resize(within);
  std::vector<const PreparedPerson*> may;
  may.reserve(good.size());
  for (const std::size_t i : good) may.push_back(people[i]);
  const auto stands = TRY(insert_people(tx, may));
  std::vector<const Person*> made;
  std::vector<const audit::Prepared*> records;
  for (std::size_t i = 0; i < may.size(); ++i) {
    if (stands[i]) {
      made.push_back(&may[i]->person);
      records.push_back(&may[i]->record);
    } else {
      all[good[i]] = fail(Kind::conflict, "login_taken", "somebody has this login already");
    }
  }
  if (made.size() < good.size()) TRY(count_less(tx, static_cast<std::int64_t>(good.size() - made.size())));
  TRY(audit_.append_prepared(tx, records));
  TRY(groups_.settle_new(tx, made, with.by));
  return all;
}

Result<std::vector<Result<Person>>> Directory::create_people(store::Transaction& tx, std::span<const NewPerson> wanted, const audit::Event& by) {
  const auto with = TRY(preparation(tx, by));
  std::vector<Result<PreparedPerson>> prepared;
  prepared.reserve(wanted.size());
  for (const NewPerson& one : wanted) prepared.push_back(prepare(with, one));
  std::vector<const PreparedPerson*> good;
  for (const auto& one : prepared) {
    if (one) good.push_back(&*one);
  }
  auto did = TRY(create_prepared(tx, with, good));
  std::vector<Result<Person>> all;
  all.reserve(wanted.size());
  std::size_t next = 0;
  for (auto& one : prepared) {
    if (!one) {
      all.push_back(std::unexpected(std::move(one.error())));
    } else if (Status& made = did[next++]; made) {
      all.push_back(std::move(one->person));
    } else {
      all.push_back(std::unexpected(std::move(made.error())));
    }
  }
  return all;
}

Result<std::map<std::string, Person, std::less<>>> Directory::find_by_logins(store::Transaction& tx, std::span<const std::string> logins) {
  const auto key = TRY(keys_.of(tx));
  std::vector<crypto::Digest> indexes;
  indexes.reserve(logins.size());
  for (const std::string& login : logins) indexes.push_back(key->blind_index(login_index, login));
  std::map<std::string, Person, std::less<>> all;
  const auto rows = TRY(find_people(tx, indexes));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i]) all.emplace(logins[i], TRY(open_person(*key, *rows[i])));
  }
  return all;
}

Result<std::optional<Person>> Directory::find_by_login(store::Transaction& tx, std::string_view typed_login) {
  const auto login = canonical_login(typed_login);
  if (!login) return std::nullopt;  // what can't be a login is nobody's
  const auto key = TRY(keys_.of(tx));
  const auto row = TRY(find_person(tx, key->blind_index(login_index, *login)));
  if (!row) return std::nullopt;
  return TRY(open_person(*key, *row));
}

Result<bool> Directory::has_login_in(store::Transaction& tx, std::string_view domain) {
  const auto key = TRY(keys_.of(tx));
  return has_login_in_domain(tx, key->blind_index(login_domain_index, domain));
}

Result<std::vector<Person>> Directory::find_by_external_id(store::Transaction& tx, std::string_view external_id) {
  const auto key = TRY(keys_.of(tx));
  std::vector<Person> all;
  for (const auto& row : TRY(find_people_by_external_id(tx, key->blind_index(external_id_index, external_id), same_external_id))) {
    all.push_back(TRY(open_person(*key, row)));
  }
  return all;
}

Result<Person> Directory::get_person(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_person(tx, id));
  if (!row) return fail(Kind::not_found, "person_unknown");
  const auto key = TRY(keys_.of(tx));
  return open_person(*key, *row);
}

Status Directory::set_state(store::Transaction& tx, const Id& id, PersonState state, const audit::Event& by) {
  Change change;
  change.state = state;
  TRY(change_person(tx, id, change, {}, by));
  return {};
}

Result<Person> Directory::change_person(store::Transaction& tx, const Id& id, const Change& change,
                                        std::optional<std::int64_t> version, const audit::Event& by) {
  const auto before = TRY(get_person(tx, id));
  if (version && *version != before.version) return fail(Kind::conflict, "version_changed");
  const auto settled = TRY(schema(tx));
  const Time now = clock_.now();
  Person after = before;
  if (change.writer.kind == Writer::Kind::source && !after.source) after.source = change.writer.source;  // from now on theirs
  if (change.leave_source) after.source.reset();
  for (const auto& [name, value] : change.attributes) TRY(set_value(after.profile, name, value, settled.custom));
  after.profile = TRY(checked(after.profile, settled.custom));
  audit::Event event = about(by, "person.changed", "person", id);
  const auto told = [&](std::string_view name, std::string_view was, std::string_view is) {
    if (was == is) return;
    event.detail.emplace_back(name, is);
    event.detail.emplace_back(std::string(name) + "_before", was);
  };
  for (const auto& [name, value] : change.attributes) {
    Value was = value_of(before.profile, name);
    const Value is = value_of(after.profile, name);
    if (was == is) continue;
    if (TRY(may_write(settled, after, change, name))) told(name, text_of(was), text_of(is));
    else TRY(set_value(after.profile, name, std::move(was), settled.custom));
  }
  if (after.profile.login != before.profile.login) TRY(tenant::check_login(tx, after.profile.login));
  if (after.profile.email != before.profile.email) after.profile.email_verified = false;
  after.administrator = change.administrator.value_or(before.administrator);
  after.state = change.state.value_or(before.state);
  after.valid_from = change.valid_from.value_or(before.valid_from);
  after.valid_until = change.valid_until.value_or(before.valid_until);
  TRY(check_validity(after));
  told("administrator", word_of(before.administrator), word_of(after.administrator));
  told("state", word_of(before.state), word_of(after.state));
  told("valid_from", told_of(before.valid_from), told_of(after.valid_from));
  told("valid_until", told_of(before.valid_until), told_of(after.valid_until));
  told("source", told_of(before.source), told_of(after.source));
  if (event.detail.size() == by.detail.size()) return before;
  const bool was_pending = before.state == PersonState::pending_deletion, is_pending = after.state == PersonState::pending_deletion;
  if (is_pending && !was_pending) {
    after.gone_at = now + std::chrono::days(settled.retention_days);
    TRY(count_less(tx, 1));
  }
  if (was_pending && !is_pending) {
    after.gone_at.reset();
    if (!TRY(count_more(tx, 1))) return fail(Kind::conflict, "quota_reached", "the contract allows no more people");
  }
  const auto administers = [now](const Person& p) { return p.administrator && p.is_active(now) && !p.valid_until; };
  if (administers(before) && !administers(after) && !TRY(has_other_administrator(tx, id, now))) return fail(Kind::conflict, "last_administrator");
  if (watch_ != nullptr) TRY(watch_->person_becomes(tx, &before, after, by));
  const auto key = TRY(keys_.of(tx));
  after.updated_at = now;
  after.version = before.version + 1;
  TRY(update_person(tx, row_of(*key, after), indexes_of(*key, after.profile)));
  TRY(audit_.append(tx, event));
  TRY(groups_.settle(tx, after, by));
  return after;
}

Result<std::vector<Person>> Directory::who_hold(store::Transaction& tx, const PermissionSet& all, std::size_t limit) {
  const Time now = clock_.now();
  const auto key = TRY(keys_.of(tx));
  std::vector<Person> out;
  for (const PersonRow& row : TRY(select_administrators(tx, now, limit))) out.push_back(TRY(open_person(*key, row)));
  // What it takes may come of several roles: whoever has one that gives a part of it is looked at.
  for (const Role& role : TRY(roles_.list(tx))) {
    if ((role.permissions & all).none()) continue;
    for (const Id& id : TRY(roles_.holders(tx, role.key, looked_at_for_power))) {
      if (out.size() >= limit) return out;
      if (std::ranges::find(out, id, &Person::id) != out.end()) continue;
      const auto row = TRY(select_person(tx, id));
      if (!row || row->administrator || row->valid_until) continue;
      const Person person = TRY(open_person(*key, *row));
      if (person.is_active(now) && (all & ~TRY(roles_.grant_of(tx, id, false)).everywhere).none()) out.push_back(person);
    }
  }
  return out;
}

Status Directory::remove_person(store::Transaction& tx, const Id& id, const audit::Event& by) {
  const auto person = TRY(get_person(tx, id));
  if (person.state != PersonState::pending_deletion) return fail(Kind::conflict, "person_not_pending");
  for (const Gone& act : gone_) TRY(act(tx, id));
  TRY(roles_.forget(tx, id));
  TRY(delete_person(tx, id));
  audit::Event event = about(by, "person.gone", "person", id);
  event.detail.emplace_back("login", person.profile.login);
  return audit_.append(tx, event);
}

Status Directory::remove_due(store::Store& store) {
  for (;;) {
    const Time now = clock_.now();
    const auto soon = [] { return runtime::Deadline::after(std::chrono::seconds(30)); };
    const auto all = TRY(store.system_read(soon(), [&](store::SystemTransaction& tx) { return select_due(tx, now, due_at_once); }));
    for (const PersonOfTenant& one : all) {
      TRY(store.write(one.tenant, soon(), [&](store::Transaction& tx) -> Status {
        const auto row = TRY(select_person(tx, one.person));
        // Brought back, or gone, in the meantime.
        if (!row || !row->gone_at || *row->gone_at > now) return {};
        return remove_person(tx, one.person, {.name = "person.gone", .actor = {audit::ActorKind::system, std::nullopt}});
      }));
    }
    if (all.size() < due_at_once) return {};
  }
}

Result<Schema> Directory::schema(store::Transaction& tx) {
  const auto stands = TRY(settings_.read(tx, section));
  if (!stands) return Schema{};
  return schema_from_json(stands->json);
}

Result<std::int64_t> Directory::set_schema(store::Transaction& tx, const Schema& wanted, std::optional<std::int64_t> version, const audit::Event& by) {
  return settings_.write(tx, section, schema_json(wanted), version, by);
}

Result<Usage> Directory::usage(store::Transaction& tx) { return select_usage(tx); }

Status Directory::set_quota(store::Transaction& tx, std::optional<std::int64_t> quota, const audit::Event& by) {
  const auto before = TRY(usage(tx));
  if (before.quota == quota) return {};
  TRY(update_quota(tx, quota));
  audit::Event event = by;
  event.name = "quota.changed";
  event.target_kind = "tenant";
  const auto text = [](const std::optional<std::int64_t>& limit) { return limit ? std::to_string(*limit) : std::string("none"); };
  event.detail.emplace_back("quota", text(quota));
  event.detail.emplace_back("quota_before", text(before.quota));
  return audit_.append(tx, event);
}

Result<std::vector<Person>> Directory::list_people(store::Transaction& tx, std::optional<Id> after, std::size_t limit) {
  const auto rows = TRY(select_people(tx, after.value_or(Id{}), std::clamp<std::size_t>(limit, 1, 500)));
  const auto key = TRY(keys_.of(tx));
  std::vector<Person> all;
  for (const PersonRow& row : rows) all.push_back(TRY(open_person(*key, row)));
  return all;
}

}  // namespace kidoban::directory
