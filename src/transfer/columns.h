#pragma once
// What a file's columns mean, by their titles: in any order and case, ours and those of the services that customers come from
// ("login_id", "delete_flag"). A title that means nothing is refused: whoever wrote it believed that it would be heard.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory/attributes.h"
#include "transfer/fault.h"
#include "transfer/transfer.h"

namespace kidoban::transfer {

enum class Role : std::uint8_t {
  attribute,      // Column::name says which
  id,
  state,          // enabled, disabled, pending_deletion
  active,         // the same as a flag
  remove,
  update_only,    // make nobody new
  password,       // as it will be typed
  password_hash,  // as another system kept it
  valid_from,
  valid_until,
  group,          // its name
  ignored,        // what exports have for people to read
};

struct Column {
  std::string title;  // as in the file
  std::string name;   // ours
  Role role = Role::ignored;
  directory::AttributeType type = directory::AttributeType::text;
  bool single = false;  // one value, though the attribute has several
};

class Columns {
 public:
  Columns() = default;
  explicit Columns(std::vector<Column> all) : all_(std::move(all)) {}
  const std::vector<Column>& all() const { return all_; }
  std::optional<std::size_t> find(Role role) const;
  std::optional<std::size_t> find(std::string_view name) const;

 private:
  std::vector<Column> all_;
};

// "column_unknown", "column_repeated", "column_missing" (a person's login or id; a group's name or id; a member's group, and a login or a group within).
Read<Columns> read_header(FileKind kind, std::span<const std::string> titles, std::span<const directory::CustomAttribute> custom, std::int64_t line);

// What exports have, in order.
std::vector<Column> export_columns(FileKind kind, std::span<const directory::CustomAttribute> custom);

}  // namespace kidoban::transfer
