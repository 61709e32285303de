#include "transfer/export_rows.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "transfer/values.h"

namespace kidoban::transfer {

namespace {

using directory::Directory, directory::Person, directory::PersonState;

constexpr std::size_t batch = 250;

std::string_view word_of(PersonState state) {
  return state == PersonState::enabled ? "enabled" : state == PersonState::disabled ? "disabled" : "pending_deletion";
}
std::string time_text(const std::optional<Time>& at) { return at ? rfc3339(to_us(*at)) : std::string(); }

Result<std::optional<Id>> id_at(std::string_view position) {
  if (position.empty()) return std::nullopt;
  const auto id = Id::parse(position);
  if (!id) return fail(Kind::internal, "cursor_malformed");
  return *id;
}

// People are shown by their login, and each is looked up once a batch.
class Logins {
 public:
  Logins(store::Transaction& tx, Directory& directory) : tx_(tx), directory_(directory) {}
  Result<std::string> of(const std::string& id) {
    if (const auto found = known_.find(id); found != known_.end()) return found->second;
    std::string login = id;  // somebody who is gone stays an id
    if (const auto parsed = Id::parse(id)) {
      auto person = directory_.get_person(tx_, *parsed);
      if (person) login = person->profile.login;
      else if (person.error().kind != Kind::not_found) return std::unexpected(std::move(person.error()));
    }
    return known_.emplace(id, std::move(login)).first->second;
  }

 private:
  store::Transaction& tx_;
  Directory& directory_;
  std::map<std::string, std::string> known_;
};

Result<std::string> person_cell(const Person& person, const Column& column, Logins& logins) {
  switch (column.role) {
    case Role::id: return person.id.text();
    case Role::state: return std::string(word_of(person.state));
    case Role::valid_from: return time_text(person.valid_from);
    case Role::valid_until: return time_text(person.valid_until);
    case Role::ignored: return time_text(column.name == "created_at" ? person.created_at : person.updated_at);
    default: break;
  }
  auto text = write_value(directory::value_of(person.profile, column.name));
  if (column.type == directory::AttributeType::person && !text.empty()) return logins.of(text);
  return text;
}

Result<ExportBatch> people(store::Transaction& tx, Directory& directory, const std::vector<Column>& columns, std::string_view position) {
  ExportBatch out;
  Logins logins(tx, directory);
  const auto page = TRY(directory.list_people(tx, TRY(id_at(position)), batch));
  for (const Person& person : page) {
    std::vector<std::string> cells;
    for (const Column& column : columns) cells.push_back(TRY(person_cell(person, column, logins)));
    out.rows.push_back(std::move(cells));
    out.ids.push_back(person.id.text());
  }
  out.over = page.size() < batch;
  if (!page.empty()) out.next = page.back().id.text();
  return out;
}

std::string group_cell(const directory::Group& group, const Column& column) {
  if (column.role == Role::id) return group.id.text();
  if (column.role == Role::group) return group.name;
  return column.name == "description" ? group.description : column.name == "mail" ? group.mail : column.name == "type" ? group.type : group.external_id;
}

Result<ExportBatch> groups(store::Transaction& tx, Directory& directory, const std::vector<Column>& columns, std::string_view position) {
  ExportBatch out;
  const auto page = TRY(directory.groups().list(tx, TRY(id_at(position)), batch));
  for (const directory::Group& group : page) {
    std::vector<std::string> cells;
    for (const Column& column : columns) cells.push_back(group_cell(group, column));
    out.rows.push_back(std::move(cells));
    out.ids.push_back(group.id.text());
  }
  out.over = page.size() < batch;
  if (!page.empty()) out.next = page.back().id.text();
  return out;
}

// Group by group; `position` is the last group that is done, and within the next one the last member: "group/member".
Result<ExportBatch> members(store::Transaction& tx, Directory& directory, std::string_view position) {
  ExportBatch out;
  Logins logins(tx, directory);
  auto& all = directory.groups();
  const auto slash = std::min(position.find('/'), position.size());
  std::optional<Id> after_group = TRY(id_at(position.substr(0, slash)));
  std::optional<Id> after_member = TRY(id_at(position.substr(std::min(slash + 1, position.size()))));
  for (std::size_t looked_at = 0; out.rows.size() < batch && looked_at < batch; ++looked_at) {  // empty groups take their time, too
    const auto next = TRY(all.list(tx, after_group, 1));
    if (next.empty()) {
      out.over = true;
      return out;
    }
    const directory::Group& group = next.front();
    const auto page = TRY(all.members(tx, group.id, after_member, batch));
    for (const directory::Member& member : page) {
      const bool person = member.kind == directory::MemberKind::person;
      const std::string login = person ? TRY(logins.of(member.id.text())) : std::string();
      const std::string within = person ? std::string() : TRY(all.get(tx, member.id)).name;
      out.rows.push_back({group.name, login, within});
      out.ids.push_back(group.id.text());
    }
    if (page.size() == batch) {
      after_member = page.back().id;
    } else {
      after_group = group.id;
      after_member.reset();
    }
  }
  out.next = (after_group ? after_group->text() : std::string()) + (after_member ? "/" + after_member->text() : std::string());
  return out;
}

}  // namespace

Result<ExportBatch> read_batch(store::Transaction& tx, Directory& directory, FileKind kind, const std::vector<Column>& columns, std::string_view position) {
  switch (kind) {
    case FileKind::people: return people(tx, directory, columns, position);
    case FileKind::groups: return groups(tx, directory, columns, position);
    case FileKind::members: return members(tx, directory, position);
  }
  return fail(Kind::internal, "cursor_malformed");
}

}  // namespace kidoban::transfer
