#include "transfer/known_people.h"

#include "transfer/planner.h"

namespace kidoban::transfer {

KnownPeople KnownPeople::named_in(const Columns& columns, std::span<const FileRow> rows) {
  KnownPeople out;
  for (const FileRow& row : rows) {
    for (std::size_t i = 0; i < columns.all().size(); ++i) {
      const Column& column = columns.all()[i];
      if (column.role != Role::attribute || (column.name != "login" && column.type != directory::AttributeType::person)) continue;
      const auto typed = cell_text(row, i);
      if (typed.empty()) continue;
      if (out.logins_.contains(typed)) continue;
      const auto& login = out.logins_.emplace(typed, directory::canonical_login(typed)).first->second;
      if (login) out.named_.insert(*login);
    }
  }
  return out;
}

Status KnownPeople::look_up(store::Transaction& tx, directory::Directory& directory) {
  people_ = TRY(directory.find_by_logins(tx, std::vector<std::string>(named_.begin(), named_.end())));
  asked_ = true;
  return {};
}

Result<std::string> KnownPeople::login_of(std::string_view typed) const {
  const auto known = logins_.find(typed);
  return known == logins_.end() ? directory::canonical_login(typed) : known->second;
}

std::optional<const directory::Person*> KnownPeople::find(std::string_view login) const {
  if (!asked_ || !named_.contains(login)) return std::nullopt;
  const auto known = people_.find(login);
  return known == people_.end() ? nullptr : &known->second;
}

}  // namespace kidoban::transfer
