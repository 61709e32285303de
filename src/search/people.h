#pragma once
// What can be asked about a tenant's people, in columns: for each attribute one number a person (texts.h), for those that have several
// values a chain of items. Nothing here knows of a store. One writer, or many readers.

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "directory/directory.h"
#include "search/postings.h"
#include "search/texts.h"

namespace kidoban::search {

using Cells = std::vector<Code>;  // by row; none at all until somebody has a value

// One of several. Chains end with `last`.
struct Item {
  Code value = 0, type = 0, display = 0;
  bool primary = false, last = true;
};
struct Lists {
  std::vector<std::uint32_t> first;  // by row: one more than where in `items` the chain begins; 0: none
  std::vector<Item> items;
};
struct Column {
  Cells cells;
  Lists lists;
  std::uint16_t searched = 0;  // its bit, where words are looked for in it
  mutable std::array<Lazily<Postings>, 3> postings{};  // by Part
  mutable Lazily<Sorted> sorted{};
  mutable std::vector<Code> order{};     // that they had when `sorted` was dropped, until it is made again
};

enum class Part : std::uint8_t { value, type, display, primary };

enum class Moment : std::uint8_t { created, updated, valid_from, valid_until };
constexpr std::int64_t no_moment = std::numeric_limits<std::int64_t>::min();

class People {
 public:
  People();
  // Somebody as they are now. One who is there in the same version, or a later one, stays.
  void put(const directory::Person& person);
  void remove(const Id& id);
  // Whether somebody is there in that version or a later one.
  bool has(const Id& id, std::int64_t version) const;
  std::optional<Row> row_of(const Id& id) const;

  std::size_t rows() const { return ids_.size(); }  // rows are below it; some are nobody's
  std::size_t count() const { return count_; }
  const Bits& present() const { return present_; }
  const Id& id(Row row) const { return ids_[row]; }
  std::int64_t moment(Moment which, Row row) const;
  const Texts& texts() const { return texts_; }
  // An attribute's column by its name ("department", "custom.badge"), and "state", "active", "administrator", "login domain"; external_id,
  // linking_id and manager also as they are spelled: "external_id exact". nullptr where nobody has it.
  const Column* column(std::string_view name) const;
  // What words are looked for in, and in which of these columns (a bit each) any of `codes` stands.
  std::span<const Column* const> searched() const { return searched_; }
  std::uint16_t searched_with(std::span<const Code> codes) const;

  // What is derived. It says nothing of those who were touched since: they are looked at one by one. nullptr where there is no room for it:
  // then everybody is.
  const Postings* postings(const Column& column, Part part = Part::value) const;
  const Sorted* sorted(const Column& column) const;      // what is in postings(column)
  const Ranking* ranked(Moment which) const;             // by it, then by id
  bool in_order() const { return in_order_; }            // rows are by id
  const Ranking* by_id() const;                          // where they aren't
  // Rows that are found by lists alone, where that takes long: `make()` says which, unless it was asked lately,
  // or nothing.
  template <class Make>
  std::shared_ptr<const Bits> lately(std::string question, const Make& make) const {
    if (auto known = derived_->lately.find(question)) return known;
    std::optional<Bits> bits = make();
    if (!bits) return nullptr;
    auto made = std::make_shared<const Bits>(*std::move(bits));
    derived_->lately.keep(*derived_, std::move(question), made);
    return made;
  }
  std::span<const Row> touched() const { return touched_; }
  // What all of that may weigh. What is made already stays until it is dropped.
  void give_room(std::size_t bytes) { derived_->room = bytes; }
  void drop_derived();

  std::size_t bytes() const { return own_bytes() + derived_->bytes; }
  std::size_t own_bytes() const;  // without what is derived
  std::size_t derived_bytes() const { return derived_->bytes; }
  // Room for more: not when memory's numbers are used up.
  bool full() const { return texts_.full(); }
  // So much of it isn't used any more that it is worth building anew.
  bool worn() const { return worn_ > 10'000 && worn_ > count_; }

 private:
  Row row_for(const Id& id);
  void note(const Column& column, Code code);
  void set(Column& column, Row row, Code code);
  void set(Column& column, Row row, std::span<const Item> items);
  void write(Row row, Column& column, const directory::Value& value);
  void write(Row row, Column& column, const directory::Contacts& contacts);
  Code folded(std::string_view text);
  Column& column_for(std::string_view name);
  std::size_t slot_of(const Id& id) const;
  void grow();
  void touch(Row row);

  Texts texts_;
  std::vector<Id> ids_;
  std::vector<std::int64_t> versions_;  // 0: nobody's
  std::array<std::vector<std::int64_t>, 4> moments_;
  Bits present_;
  std::map<std::string, Column, std::less<>> columns_;
  std::vector<const Column*> searched_;
  std::vector<std::uint16_t> stands_in_;  // by code: in which of them it has stood
  std::vector<Column*> by_attribute_;   // of columns_, in the order of directory::attributes(), then those that follow of themselves
  std::vector<std::uint32_t> table_;  // open addressing: one more than the row; 0: free
  std::size_t count_ = 0, worn_ = 0;
  bool in_order_ = true;
  std::vector<Row> touched_;
  Bits is_touched_;
  struct Ranked : Derived {
    std::array<Lazily<Ranking>, 4> by_moment;
    Lazily<Ranking> by_id;
    Lately lately;
  };
  std::unique_ptr<Ranked> derived_ = std::make_unique<Ranked>();
};

}  // namespace kidoban::search
