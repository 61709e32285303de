#include "search/people.h"

#include <algorithm>
#include <cstring>

#include "directory/filter.h"

namespace kidoban::search {

using directory::Contact, directory::Contacts, directory::Person, directory::PersonState;

namespace {

std::string_view word_of(PersonState state) {
  switch (state) {
    case PersonState::enabled: return "enabled";
    case PersonState::disabled: return "disabled";
    case PersonState::pending_deletion: return "pending_deletion";
  }
  return "";
}

// Ids begin with their time and end at random.
std::size_t hash_of(const Id& id) {
  std::uint64_t tail = 0;
  std::memcpy(&tail, id.bytes.data() + 8, sizeof tail);
  return static_cast<std::size_t>(tail * 0x9e37'79b9'7f4a'7c15U >> 16);
}

}  // namespace

// "work" is what SCIM says of the first address, whether anybody has it or not.
People::People() : table_(64) { texts_.add("work"); }

std::size_t People::slot_of(const Id& id) const {
  std::size_t slot = hash_of(id) & (table_.size() - 1);
  while (table_[slot] != 0 && ids_[table_[slot] - 1] != id) slot = (slot + 1) & (table_.size() - 1);
  return slot;
}

void People::grow() {
  std::vector<std::uint32_t> before(table_.size() * 2);
  before.swap(table_);
  for (const std::uint32_t one : before) {
    if (one != 0) table_[slot_of(ids_[one - 1])] = one;
  }
}

std::optional<Row> People::row_of(const Id& id) const {
  const std::uint32_t one = table_[slot_of(id)];
  return one == 0 ? std::nullopt : std::optional<Row>(one - 1);
}

bool People::has(const Id& id, std::int64_t version) const {
  const auto row = row_of(id);
  return row && versions_[*row] >= version;
}

Row People::row_for(const Id& id) {
  if (const auto row = row_of(id)) return *row;
  if ((count_ + 1) * 4 > table_.size() * 3) grow();
  Row row = static_cast<Row>(ids_.size());
  if (!free_.empty()) {
    row = free_.back();
    free_.pop_back();
    ids_[row] = id;
  } else {
    ids_.push_back(id);
    versions_.push_back(0);
    if (row % 64 == 0) present_.push_back(0);
  }
  table_[slot_of(id)] = row + 1;
  set_bit(present_, row);
  ++count_;
  return row;
}

void People::set(Column& column, Row row, Code code) {
  if (column.cells.size() <= row) {
    if (code == 0) return;
    column.cells.resize(row + 1);
  }
  column.cells[row] = code;
}

void People::set(Column& column, Row row, std::span<const Item> items) {
  auto& first = column.lists.first;
  if (first.size() <= row) {
    if (items.empty()) return;
    first.resize(row + 1);
  }
  first[row] = items.empty() ? 0 : static_cast<std::uint32_t>(column.lists.items.size()) + 1;
  for (std::size_t i = 0; i < items.size(); ++i) {
    column.lists.items.push_back(items[i]);
    column.lists.items.back().last = i + 1 == items.size();
  }
}

Column& People::column_for(std::string_view name) {
  const auto found = columns_.find(name);
  return found != columns_.end() ? found->second : columns_[std::string(name)];
}

void People::write(Row row, std::string_view name, const directory::Value& value) {
  const auto folded = [&](std::string_view text) { return texts_.add(directory::folded_text(text)); };
  if (const auto* text = std::get_if<std::string>(&value)) return set(column_for(name), row, folded(*text));
  if (const auto* flag = std::get_if<bool>(&value)) return set(column_for(name), row, texts_.add(bytes_of(*flag)));
  if (const auto* number = std::get_if<std::int64_t>(&value)) return set(column_for(name), row, texts_.add(bytes_of(*number)));
  std::vector<Item> items;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    for (const auto& one : *texts) items.push_back({folded(one)});
  } else if (const auto* contacts = std::get_if<Contacts>(&value)) {
    for (const Contact& one : *contacts) items.push_back({folded(one.value), folded(one.type), folded(one.display), one.primary});
  }
  if (!items.empty()) set(column_for(name), row, items);
}

void People::put(const Person& person) {
  if (has(person.id, person.version)) return;
  const bool known = row_of(person.id).has_value();
  const Row row = row_for(person.id);
  if (known) {
    ++worn_;
    for (auto& [name, column] : columns_) {
      set(column, row, Code{0});
      set(column, row, std::span<const Item>());
    }
  }
  versions_[row] = person.version;
  const auto& p = person.profile;
  for (const directory::Attribute& one : directory::attributes()) {
    if (const auto* place = std::get_if<std::string directory::Profile::*>(&one.place)) {
      const std::string& text = p.*(*place);
      if (!text.empty()) set(column_for(one.name), row, texts_.add(directory::folded_text(text)));
    } else if (const auto& contacts = p.*std::get<Contacts directory::Profile::*>(one.place); !contacts.empty()) {
      write(row, one.name, contacts);
    }
  }
  for (const auto& [name, value] : p.custom) write(row, std::string(directory::custom_prefix) + name, value);
  if (!p.external_id.empty()) set(column_for("external_id exact"), row, texts_.add(p.external_id));
  if (!p.linking_id.empty()) set(column_for("linking_id exact"), row, texts_.add(p.linking_id));
  set(column_for("state"), row, texts_.add(word_of(person.state)));
  set(column_for("active"), row, texts_.add(bytes_of(person.state == PersonState::enabled)));
  set(column_for("administrator"), row, texts_.add(bytes_of(person.administrator)));
  const std::array<std::optional<Time>, 4> times{person.created_at, person.updated_at, person.valid_from, person.valid_until};
  for (std::size_t i = 0; i < times.size(); ++i) {
    auto& moments = moments_[i];
    if (moments.size() <= row && !times[i]) continue;
    if (moments.size() <= row) moments.resize(row + 1, no_moment);
    moments[row] = times[i] ? to_us(*times[i]) : no_moment;
  }
}

void People::remove(const Id& id) {
  std::size_t hole = slot_of(id);
  if (table_[hole] == 0) return;
  const Row row = table_[hole] - 1;
  for (auto& [name, column] : columns_) {
    set(column, row, Code{0});
    set(column, row, std::span<const Item>());
  }
  for (auto& moments : moments_) {
    if (row < moments.size()) moments[row] = no_moment;
  }
  versions_[row] = 0;
  present_[row / 64] &= ~(std::uint64_t{1} << (row % 64));
  free_.push_back(row);
  --count_;
  ++worn_;
  // Those that were put behind it because it was taken move up (Knuth 6.4 R).
  const std::size_t mask = table_.size() - 1;
  table_[hole] = 0;
  for (std::size_t next = (hole + 1) & mask; table_[next] != 0; next = (next + 1) & mask) {
    const std::size_t home = hash_of(ids_[table_[next] - 1]) & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    table_[hole] = table_[next];
    table_[next] = 0;
    hole = next;
  }
}

std::int64_t People::moment(Moment which, Row row) const {
  const auto& moments = moments_[static_cast<std::size_t>(which)];
  return row < moments.size() ? moments[row] : no_moment;
}

const Column* People::column(std::string_view name) const {
  const auto found = columns_.find(name);
  return found == columns_.end() ? nullptr : &found->second;
}

std::size_t People::bytes() const {
  std::size_t all = texts_.bytes() + ids_.capacity() * sizeof(Id) + versions_.capacity() * sizeof(std::int64_t) + present_.capacity() * sizeof(std::uint64_t) +
                    table_.capacity() * sizeof(std::uint32_t) + free_.capacity() * sizeof(Row);
  for (const auto& moments : moments_) all += moments.capacity() * sizeof(std::int64_t);
  for (const auto& [name, column] : columns_) {
    all += column.cells.capacity() * sizeof(Code) + column.lists.first.capacity() * sizeof(std::uint32_t) + column.lists.items.capacity() * sizeof(Item);
  }
  return all;
}

}  // namespace kidoban::search
