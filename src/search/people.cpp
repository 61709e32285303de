#include "search/people.h"

#include <algorithm>
#include <array>
#include <bit>
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

// Those first whose values many share: where somebody's word stands in one, it is looked for in a text that was read just before.
constexpr std::array looked_through{"given_name", "family_name", "given_name_kana", "family_name_kana", "department", "display_name",
                                    "login",      "email",       "employee_number", "phones",           "other_emails"};

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
}

// Ids begin with their time and end at random.
std::size_t hash_of(const Id& id) {
  std::uint64_t tail = 0;
  std::memcpy(&tail, id.bytes.data() + 8, sizeof tail);
  return static_cast<std::size_t>(tail * 0x9e37'79b9'7f4a'7c15U >> 16);
}

}  // namespace

// "work" is what SCIM says of the first address, whether anybody has it or not.
People::People() : table_(64) {
  texts_.add("work");
  for (const directory::Attribute& one : directory::attributes()) by_attribute_.push_back(&column_for(one.name));
  for (const char* name : {"external_id exact", "linking_id exact", "manager exact", "state", "active", "administrator", "login domain"}) by_attribute_.push_back(&column_for(name));
  for (const char* name : looked_through) {
    Column& column = column_for(name);
    column.searched = static_cast<std::uint16_t>(1U << searched_.size());
    searched_.push_back(&column);
  }
}

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
  // Rows aren't used again, so that they stay in the order of ids; what is worn is built anew (worn()).
  const Row row = static_cast<Row>(ids_.size());
  if (!ids_.empty() && id < ids_.back()) in_order_ = false;
  ids_.push_back(id);
  versions_.push_back(0);
  if (row % 64 == 0) present_.push_back(0);
  table_[slot_of(id)] = row + 1;
  set_bit(present_, row);
  ++count_;
  return row;
}

void People::note(const Column& column, Code code) {
  if (column.searched == 0 || code == 0) return;
  if (stands_in_.size() <= code) stands_in_.resize(texts_.size());
  stands_in_[code] |= column.searched;
}

std::uint16_t People::searched_with(std::span<const Code> codes) const {
  std::uint16_t all = 0;
  for (const Code code : codes) {
    if (code < stands_in_.size()) all |= stands_in_[code];
  }
  return all;
}

void People::drop_derived() {
  std::size_t kept = 0;
  for (auto& [name, column] : columns_) {
    if (const Sorted* old = column.sorted.made()) {
      const auto& codes = column.postings.front().made()->codes;
      column.order.clear();
      column.order.reserve(codes.size());
      for (const auto place : old->places) column.order.push_back(codes[place]);
    }
    kept += column.order.capacity() * sizeof(Code);
    for (auto& one : column.postings) one.drop();
    column.sorted.drop();
  }
  for (auto& one : derived_->by_moment) one.drop();
  derived_->by_id.drop();
  derived_->lately.drop();
  derived_->bytes = kept;
  derived_->any = false;
  touched_.clear();
  is_touched_.clear();
}

// Rows that are evaluated one by one with each question: some microseconds, where making all anew takes tens of milliseconds a million people.
void People::touch(Row row) {
  if (!derived_->any) return;
  const std::size_t at_most = std::clamp<std::size_t>(rows() / 256, 256, 4096);
  if (touched_.size() >= at_most) return drop_derived();
  if (is_touched_.size() <= row / 64) is_touched_.resize(present_.size());
  if (has_bit(is_touched_, row)) return;
  set_bit(is_touched_, row);
  touched_.push_back(row);
}

namespace {

// One row after the other, the second time in the order of ids where that is another one.
template <class Value>
auto each_row(std::size_t rows, const Ranking* by_id, const Value& value) {
  return [=](const auto& emit) {
    const std::size_t all = by_id != nullptr ? by_id->rows.size() : rows;
    for (std::size_t i = 0; i < all; ++i) value(by_id != nullptr ? by_id->rows[i] : static_cast<Row>(i), emit);
  };
}

Code part_of(const Item& item, Part part) { return part == Part::type ? item.type : part == Part::display ? item.display : item.value; }

}  // namespace

const Postings* People::postings(const Column& column, Part part) const {
  const Ranking* order = in_order_ ? nullptr : by_id();
  if (!in_order_ && order == nullptr) return nullptr;
  const auto& first = column.lists.first;
  const std::size_t most = part == Part::value ? std::max(column.cells.size(), first.size()) : first.size();
  return column.postings[static_cast<std::size_t>(part)].get(*derived_, most * sizeof(Row) * 2, [&] {
    const auto values = [&](Row row, const auto& emit) {
      if (part == Part::value && row < column.cells.size()) emit(row, column.cells[row]);
      if (row >= first.size() || first[row] == 0) return;
      for (std::size_t at = first[row] - 1;; ++at) {
        emit(row, part_of(column.lists.items[at], part));
        if (column.lists.items[at].last) return;
      }
    };
    return post(rows(), texts_.size(), each_row(most, order, values));
  });
}

const Sorted* People::sorted(const Column& column) const {
  const Postings* all = postings(column);
  if (all == nullptr) return nullptr;
  return column.sorted.get(*derived_, all->codes.size() * sizeof(std::uint32_t), [&] {
    Sorted out = search::sorted(texts_, *all, column.order);
    derived_->bytes -= column.order.capacity() * sizeof(Code);
    column.order = {};
    return out;
  });
}

const Ranking* People::ranked(Moment which) const {
  const auto& moments = moments_[static_cast<std::size_t>(which)];
  return derived_->by_moment[static_cast<std::size_t>(which)].get(*derived_, moments.size() * (sizeof(Row) + sizeof(std::int64_t)), [&] {
    Ranking out;
    out.having.resize(present_.size());
    out.rows.reserve(count_);
    for (Row row = 0; row < moments.size(); ++row) {
      if (moments[row] == no_moment) continue;
      out.rows.push_back(row);
      set_bit(out.having, row);
    }
    const auto before = [&](Row a, Row b) { return moments[a] != moments[b] ? moments[a] < moments[b] : ids_[a] < ids_[b]; };
    if (!std::ranges::is_sorted(out.rows, before)) std::ranges::sort(out.rows, before);
    out.times.reserve(out.rows.size());
    for (const Row row : out.rows) out.times.push_back(moments[row]);
    return out;
  });
}

const Ranking* People::by_id() const {
  return derived_->by_id.get(*derived_, rows() * sizeof(Row), [&] {
    // Most are in order; the others are put between them.
    const auto before = [&](Row a, Row b) { return ids_[a] < ids_[b]; };
    std::vector<Row> most, others;
    for (Row row = 0; row < rows(); ++row) (most.empty() || before(most.back(), row) ? most : others).push_back(row);
    std::ranges::sort(others, before);
    Ranking out{.rows = std::vector<Row>(rows()), .times = {}, .having = present_};
    std::ranges::merge(most, others, out.rows.begin(), before);
    return out;
  });
}

void People::set(Column& column, Row row, Code code) {
  note(column, code);
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
    note(column, items[i].value);
  }
}

Column& People::column_for(std::string_view name) {
  const auto found = columns_.find(name);
  return found != columns_.end() ? found->second : columns_[std::string(name)];
}

// What stands among the texts is folded, and folding twice is folding once: only what is new is folded. (Of what is kept as it is spelled, only
// ASCII stands there as it is.)
Code People::folded(std::string_view text) {
  if (!is_ascii(text)) {
    if (const auto known = texts_.find(text)) return *known;
  }
  return texts_.add(directory::folded_text(text));
}

void People::write(Row row, Column& column, const Contacts& contacts) {
  std::vector<Item> items;
  items.reserve(contacts.size());
  for (const Contact& one : contacts) items.push_back({folded(one.value), folded(one.type), folded(one.display), one.primary});
  set(column, row, items);
}

void People::write(Row row, Column& column, const directory::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return set(column, row, folded(*text));
  if (const auto* flag = std::get_if<bool>(&value)) return set(column, row, texts_.add(bytes_of(*flag)));
  if (const auto* number = std::get_if<std::int64_t>(&value)) return set(column, row, texts_.add(bytes_of(*number)));
  if (const auto* contacts = std::get_if<Contacts>(&value)) return write(row, column, *contacts);
  std::vector<Item> items;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    for (const auto& one : *texts) items.push_back({folded(one)});
  }
  set(column, row, items);
}

void People::put(const Person& person) {
  if (has(person.id, person.version)) return;
  const bool known = row_of(person.id).has_value();
  const Row row = row_for(person.id);
  touch(row);
  if (known) {
    ++worn_;
    for (auto& [name, column] : columns_) {
      set(column, row, Code{0});
      set(column, row, std::span<const Item>());
    }
  }
  versions_[row] = person.version;
  const auto& p = person.profile;
  std::size_t at = 0;
  for (const directory::Attribute& one : directory::attributes()) {
    Column& column = *by_attribute_[at++];
    if (const auto* place = std::get_if<std::string directory::Profile::*>(&one.place)) {
      if (const std::string& text = p.*(*place); !text.empty()) set(column, row, folded(text));
    } else if (const auto& contacts = p.*std::get<Contacts directory::Profile::*>(one.place); !contacts.empty()) {
      write(row, column, contacts);
    }
  }
  set(*by_attribute_[at++], row, texts_.add(exact_bytes(p.external_id)));
  set(*by_attribute_[at++], row, texts_.add(exact_bytes(p.linking_id)));
  set(*by_attribute_[at++], row, texts_.add(exact_bytes(p.manager)));
  set(*by_attribute_[at++], row, texts_.add(word_of(person.state)));
  set(*by_attribute_[at++], row, texts_.add(bytes_of(person.state == PersonState::enabled)));
  set(*by_attribute_[at++], row, texts_.add(bytes_of(person.administrator)));
  const auto& logins = column_for("login").cells;
  const std::string_view login = row < logins.size() ? texts_.at(logins[row]) : std::string_view();
  const std::size_t sign = login.rfind('@');
  set(*by_attribute_[at++], row, sign == std::string_view::npos ? Code{0} : texts_.add(std::string(login.substr(sign + 1))));
  for (const auto& [name, value] : p.custom) write(row, column_for(std::string(directory::custom_prefix) + name), value);
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
  touch(row);
  for (auto& [name, column] : columns_) {
    set(column, row, Code{0});
    set(column, row, std::span<const Item>());
  }
  for (auto& moments : moments_) {
    if (row < moments.size()) moments[row] = no_moment;
  }
  versions_[row] = 0;
  present_[row / 64] &= ~(std::uint64_t{1} << (row % 64));
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

std::size_t People::own_bytes() const {
  std::size_t all = texts_.bytes() + ids_.capacity() * sizeof(Id) + versions_.capacity() * sizeof(std::int64_t) + present_.capacity() * sizeof(std::uint64_t) +
                    table_.capacity() * sizeof(std::uint32_t) + touched_.capacity() * sizeof(Row) + is_touched_.capacity() * sizeof(std::uint64_t) +
                    stands_in_.capacity() * sizeof(std::uint16_t);
  for (const auto& moments : moments_) all += moments.capacity() * sizeof(std::int64_t);
  for (const auto& [name, column] : columns_) {
    all += column.cells.capacity() * sizeof(Code) + column.lists.first.capacity() * sizeof(std::uint32_t) + column.lists.items.capacity() * sizeof(Item);
  }
  return all;
}

}  // namespace kidoban::search
