// The index in memory against a plain evaluation of the same filters, words and orders, person by person.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <map>
#include <random>
#include <thread>

#include "base/text.h"
#include "directory/rule.h"
#include "kit/world.h"
#include "search/matching.h"
#include "search/order.h"

namespace kidoban::search {
namespace {

using directory::Person, directory::PersonState;

// Random people and random filters: what the index says is what the plain evaluation says of each.
struct Dice {
  std::mt19937_64 engine;
  std::size_t below(std::size_t n) { return engine() % n; }
  template <class T>
  const T& of(const std::vector<T>& all) { return all[below(all.size())]; }
};

const std::vector<std::string> some_texts{"Sales", "sales", "営業", "ＳＡＬＥＳ", "ヤマダ", "ﾔﾏﾀﾞ", "やまだ", "true", "7", "Chief of Sales", "a", "é", "e\u0301", "work"};

directory::Contacts random_contacts(Dice& dice) {
  directory::Contacts out(dice.below(4));
  for (auto& one : out) one = {dice.of(some_texts), dice.below(2) == 0 ? "work" : dice.of(some_texts), dice.below(2) == 0 ? "" : dice.of(some_texts), dice.below(4) == 0};
  return out;
}

Person random_person(Dice& dice, Id id, std::int64_t version) {
  Person out;
  out.id = id;
  out.version = version;
  out.state = static_cast<PersonState>(dice.below(3));
  out.profile.login = "p" + std::to_string(dice.below(1000)) + "@example.com";
  for (const auto& one : directory::attributes()) {
    if (one.name == "login" || dice.below(2) == 0) continue;
    if (const auto* text = std::get_if<std::string directory::Profile::*>(&one.place)) out.profile.*(*text) = dice.of(some_texts);
    else out.profile.*std::get<directory::Contacts directory::Profile::*>(one.place) = random_contacts(dice);
  }
  if (dice.below(2) == 0) out.profile.custom["badge"] = dice.of(some_texts);
  if (dice.below(2) == 0) out.profile.custom["floor"] = static_cast<std::int64_t>(dice.below(10)) - 5;
  if (dice.below(2) == 0) out.profile.custom["keys"] = dice.below(2) == 0;
  if (dice.below(2) == 0) out.profile.custom["skills"] = std::vector<std::string>{dice.of(some_texts), dice.of(some_texts)};
  // As though the tenant had declared it anew with another type.
  if (dice.below(3) == 0) out.profile.custom["mixed"] = std::vector<std::string>{dice.of(some_texts)};
  else if (dice.below(2) == 0) out.profile.custom["mixed"] = dice.of(some_texts);
  return out;
}

std::string random_comparison(Dice& dice, std::string_view path) {
  const std::string op = dice.of<std::string>({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"});
  if (op == "pr") return std::string(path) + " pr";
  const std::string literal = dice.of<std::string>({"\"" + dice.of(some_texts) + "\"", "\"\"", "true", "false", "null", "3", "-2", "1.5", "\"False\""});
  return std::string(path) + " " + op + " " + literal;
}

std::string random_filter(Dice& dice, int depth) {
  switch (depth == 0 ? 0 : dice.below(6)) {
    case 1: return random_filter(dice, depth - 1) + " and " + random_filter(dice, depth - 1);
    case 2: return "(" + random_filter(dice, depth - 1) + " or " + random_filter(dice, depth - 1) + ")";
    case 3: return "not (" + random_filter(dice, depth - 1) + ")";
    case 4: {
      const std::vector<std::string> in{"value", "type", "display", "primary"};
      std::string inner = random_comparison(dice, dice.of(in));
      if (dice.below(2) == 0) inner += " and " + random_comparison(dice, dice.of(in));
      if (dice.below(4) == 0) inner = "not (" + inner + ")";
      return dice.of<std::string>({"phones", "ims", "entitlements", "other_emails"}) + "[" + inner + "]";
    }
    default: break;
  }
  static const std::vector<std::string> paths{"login", "display_name", "title", "department", "external_id", "phones", "phones.type", "ims.display", "entitlements.primary",
                                              "custom.badge", "custom.floor", "custom.keys", "custom.skills", "custom.mixed", "state", "email"};
  return random_comparison(dice, dice.of(paths));
}

TEST_CASE("the index holds a filter for exactly those for whom it holds one by one") {
  kit::SeededRandom random;
  kit::ManualClock clock;
  Dice dice{std::mt19937_64(random.bytes<1>()[0] + 256 * random.bytes<1>()[0])};
  std::vector<directory::CustomAttribute> custom;
  for (const char* name : {"badge", "floor", "keys", "skills", "mixed"}) custom.emplace_back().name = name;
  const auto names = our_names(custom);
  std::vector<Person> everybody;
  for (int i = 0; i < 150; ++i) {
    clock.advance(std::chrono::milliseconds(1));
    everybody.push_back(random_person(dice, new_id(clock, random), 1));
  }
  People people;
  const auto check = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const std::string text = random_filter(dice, 3);
      CAPTURE(text);
      const auto filter = directory::rule_of(text, custom);
      REQUIRE(filter);
      const auto bits = matching(people, *filter, names, runtime::Deadline::never());
      REQUIRE(bits);
      std::size_t expected = 0;
      for (const Person& one : everybody) {
        const bool holds = directory::matches(*filter, one);
        expected += holds ? 1U : 0U;
        CHECK(has_bit(*bits, *people.row_of(one.id)) == holds);
      }
      CHECK(count_of(*bits) == expected);
    }
  };
  for (const Person& one : everybody) people.put(one);
  check(300);
  // People change, go and come: rows are used again.
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 60; ++i) {
      const std::size_t at = dice.below(everybody.size());
      if (dice.below(3) == 0) {
        people.remove(everybody[at].id);
        clock.advance(std::chrono::milliseconds(1));
        everybody[at] = random_person(dice, new_id(clock, random), 1);
      } else {
        everybody[at] = random_person(dice, everybody[at].id, everybody[at].version + 1);
      }
      people.put(everybody[at]);
    }
    CHECK(people.count() == everybody.size());
    check(100);
    // An order, in pages of seven, is that of all of them at once.
    for (const char* by : {"title", "custom.floor", "phones", "login"}) {
      for (const bool descending : {false, true}) {
        directory::AttributePath path{"", by, ""};
        if (path.name.starts_with("custom.")) path = {"", "custom", path.name.substr(7)};
        const Order order{names(path, nullptr), descending};
        const auto all = page_of(people, people.present(), order, {}, 0, 1000);
        CHECK(all.ids.size() == everybody.size());
        std::vector<Id> paged;
        std::optional<Standing> after;
        for (bool more = true; more;) {
          const auto page = page_of(people, people.present(), order, after, 0, 7);
          paged.insert(paged.end(), page.ids.begin(), page.ids.end());
          after = page.last;
          more = page.more;
        }
        CHECK(paged == all.ids);
        CHECK(page_of(people, people.present(), order, {}, 20, 5).ids == std::vector(all.ids.begin() + 20, all.ids.begin() + 25));
      }
    }
  }
}

TEST_CASE("who has words is who has each of them in one of their texts, whichever word is looked for first") {
  kit::SeededRandom random;
  kit::ManualClock clock;
  Dice dice{std::mt19937_64(random.bytes<1>()[0] + 256 * random.bytes<1>()[0])};
  People people;
  std::vector<Person> everybody;
  for (int i = 0; i < 400; ++i) {
    clock.advance(std::chrono::milliseconds(1));
    everybody.push_back(random_person(dice, new_id(clock, random), 1));
    if (i % 3 == 0) everybody.back().profile.phones = {{.value = "03-12" + std::to_string(10 + i % 30) + "-5678", .type = "work", .display = ""}};
    people.put(everybody.back());
  }
  for (int i = 0; i < 400; i += 7) people.remove(everybody[static_cast<std::size_t>(i)].id);
  const auto has = [&](const Person& one, const std::string& word) {
    const auto is_in = [&](Code code) { return std::ranges::binary_search(people.texts().containing(word), code); };
    const Row row = *people.row_of(one.id);
    return std::ranges::any_of(people.searched(), [&](const Column* column) {
      if (row < column->cells.size() && column->cells[row] != 0 && is_in(column->cells[row])) return true;
      if (row >= column->lists.first.size() || column->lists.first[row] == 0) return false;
      for (std::size_t at = column->lists.first[row] - 1;; ++at) {
        if (is_in(column->lists.items[at].value)) return true;
        if (column->lists.items[at].last) return false;
      }
    });
  };
  const std::vector<std::string> parts{"sales", "営業", "ヤマダ", "マ", "chief of", "p1", "p12", "@example", "5678", "0312", "031215", "work", "a", "e", "nobody"};
  for (int i = 0; i < 60; ++i) {
    std::vector<std::string> words;
    for (std::size_t n = 1 + dice.below(3); n > 0; --n) words.push_back(dice.of(parts));
    const auto bits = having_words(people, words);
    std::size_t expected = 0;
    for (const Person& one : everybody) {
      if (!people.row_of(one.id)) continue;
      const bool holds = std::ranges::all_of(words, [&](const std::string& word) { return has(one, word); });
      expected += holds ? 1U : 0U;
      CHECK(has_bit(bits, *people.row_of(one.id)) == holds);
    }
    CHECK(count_of(bits) == expected);
  }
}

TEST_CASE("orders are by value, without regard to case and width, who has none last") {
  kit::SeededRandom random;
  kit::ManualClock clock;
  People people;
  std::map<std::string, Id> who;
  const auto add = [&](std::string title, std::optional<Time> from) {
    clock.advance(std::chrono::milliseconds(1));
    Person one;
    one.id = new_id(clock, random);
    one.profile.login = title + "@example.com";
    one.profile.title = title;
    one.valid_from = from;
    who[title] = one.id;
    people.put(one);
  };
  add("b", from_us(300));
  add("Ａ", {});
  add("", from_us(-5));
  add("c", from_us(40));
  const auto names = our_names({});
  const auto ordered = [&](const char* by, bool descending) { return page_of(people, people.present(), {names({"", by, ""}, nullptr), descending}, {}, 0, 10).ids; };
  CHECK(ordered("title", false) == std::vector{who["Ａ"], who["b"], who["c"], who[""]});
  CHECK(ordered("title", true) == std::vector{who[""], who["c"], who["b"], who["Ａ"]});
  CHECK(ordered("valid_from", false) == std::vector{who[""], who["c"], who["b"], who["Ａ"]});
  CHECK(ordered("id", true) == std::vector{who["c"], who[""], who["Ａ"], who["b"]});
}


// What is asked of everybody one by one, and sorted whole.
struct Plain {
  std::vector<directory::CustomAttribute> custom;
  std::map<Id, Person> everybody;

  Plain() {
    for (const char* name : {"badge", "floor", "keys", "skills", "mixed"}) custom.emplace_back().name = name;
  }
  Names names() const { return our_names(custom); }

  static bool word_in(std::string_view value, const std::string& word) {
    const std::string folded = directory::folded_text(value), digits = digits_of(folded), sought = digits_of(word);
    const bool phone = digits.size() >= 5 && digits.size() < folded.size() && folded.find_first_not_of("0123456789+-()./ ") == std::string::npos;
    const bool parted = sought.size() >= 3 && sought.size() < word.size() && word.find_first_not_of("0123456789+-()./") == std::string::npos;
    const std::string also = phone ? digits : katakana_of(folded);
    const auto has = [&](const std::string& part) { return folded.find(part) != std::string::npos || also.find(part) != std::string::npos; };
    return has(word) || (parted && has(sought));
  }
  static bool has_word(const People& people, const Person& one, const std::string& word) {
    const auto in_text = [&](const std::string& text) { return !text.empty() && word_in(text, word); };
    for (const auto& attribute : directory::attributes()) {
      const Column* column = people.column(attribute.name);
      if (column == nullptr || column->searched == 0) continue;
      if (const auto* text = std::get_if<std::string directory::Profile::*>(&attribute.place)) {
        if (in_text(one.profile.*(*text))) return true;
      } else if (std::ranges::any_of(one.profile.*std::get<directory::Contacts directory::Profile::*>(attribute.place), [&](const auto& item) { return in_text(item.value); })) {
        return true;
      }
    }
    return false;
  }

  // What somebody is sorted by, as bytes that compare so.
  static std::optional<std::string> key(const Person& one, std::string_view by) {
    const auto some = [](std::string text) { return text.empty() ? std::nullopt : std::optional(std::move(text)); };
    const auto time = [](const std::optional<Time>& at) { return at ? std::optional(bytes_of(to_us(*at))) : std::nullopt; };
    if (by == "created_at") return time(one.created_at);
    if (by == "valid_from") return time(one.valid_from);
    if (by.starts_with("custom.")) {
      const auto found = one.profile.custom.find(std::string(by.substr(7)));
      if (found == one.profile.custom.end()) return std::nullopt;
      if (const auto* number = std::get_if<std::int64_t>(&found->second)) return bytes_of(*number);
      if (const auto* flag = std::get_if<bool>(&found->second)) return bytes_of(*flag);
      if (const auto* text = std::get_if<std::string>(&found->second)) return some(directory::folded_text(*text));
      return some(directory::folded_text(std::get<std::vector<std::string>>(found->second).front()));
    }
    const auto* attribute = directory::attribute_named(by);
    if (const auto* text = std::get_if<std::string directory::Profile::*>(&attribute->place)) return some(directory::folded_text(one.profile.*(*text)));
    const auto& contacts = one.profile.*std::get<directory::Contacts directory::Profile::*>(attribute->place);
    if (contacts.empty()) return std::nullopt;
    auto chosen = contacts.begin();
    for (auto item = contacts.begin() + 1; item != contacts.end(); ++item) {
      if (item->primary) chosen = item;
    }
    return some(directory::folded_text(chosen->value));
  }
  static std::vector<Id> ordered(const std::vector<const Person*>& those, std::string_view by, bool descending) {
    std::vector<std::tuple<int, std::string, Id>> keys;
    for (const Person* one : those) {
      const auto value = by.empty() || by == "id" ? std::nullopt : key(*one, by);
      keys.emplace_back(value ? 0 : 1, value.value_or(""), one->id);
    }
    std::ranges::sort(keys, [&](const auto& a, const auto& b) {
      const auto &[none_a, value_a, id_a] = a;
      const auto &[none_b, value_b, id_b] = b;
      if (none_a != none_b) return descending ? none_b < none_a : none_a < none_b;
      if (value_a != value_b) return descending ? value_b < value_a : value_a < value_b;
      return by == "id" && descending ? id_b < id_a : id_a < id_b;
    });
    std::vector<Id> out;
    for (const auto& one : keys) out.push_back(std::get<2>(one));
    return out;
  }
};

struct Asked {
  std::optional<directory::Filter> filter;
  std::vector<std::string> words;
  std::string by, text;
  bool descending = false;
  std::vector<Id> expected;  // all of them, in order

  Order order(const Names& names) const {
    if (by.empty()) return {};
    const auto path = by.starts_with("custom.") ? directory::AttributePath{"", "custom", by.substr(7)} : directory::AttributePath{"", by, ""};
    return {names(path, nullptr), descending};
  }
  // Whom the index has: all at once, and one page after the other.
  bool agrees(const People& people, const Names& names, std::size_t limit, std::size_t offset) const {
    Bits found = people.present();
    if (filter) keep_only(found, *matching(people, *filter, names, runtime::Deadline::never()));
    if (!words.empty()) keep_only(found, having_words(people, words));
    if (count_of(found) != expected.size()) return false;
    if (page_of(people, found, order(names), {}, 0, people.rows() + 1).ids != expected) return false;
    const auto apart = page_of(people, found, order(names), {}, offset, limit);
    const auto from = expected.begin() + static_cast<std::ptrdiff_t>(std::min(offset, expected.size()));
    if (apart.ids != std::vector(from, from + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(limit), expected.end() - from))) return false;
    std::vector<Id> paged;
    std::optional<Standing> after;
    for (bool more = true; more;) {
      const auto page = page_of(people, found, order(names), after, 0, limit);
      paged.insert(paged.end(), page.ids.begin(), page.ids.end());
      after = page.last;
      more = page.more;
      if (more && page.ids.size() != limit) return false;
    }
    return paged == expected;
  }
};

template <class T>
bool compares(std::string_view op, const T& is, const T& wanted) {
  if (op == "eq") return is == wanted;
  if (op == "ne") return is != wanted;
  if (op == "gt") return is > wanted;
  if (op == "ge") return is >= wanted;
  return op == "lt" ? is < wanted : is <= wanted;
}

std::string random_time(Dice& dice, std::function<bool(const Person&)>& holds) {
  const bool created = dice.below(2) == 0;
  const auto time_of = [created](const Person& one) { return created ? std::optional(one.created_at) : one.valid_from; };
  const std::string name = created ? "created_at" : "valid_from";
  if (dice.below(4) == 0) {
    const bool none = dice.below(2) == 0;
    holds = [=](const Person& one) { return time_of(one).has_value() != none; };
    return name + (none ? " eq null" : dice.of<std::string>({" pr", " ne null"}));
  }
  const std::string op = dice.of<std::string>({"eq", "ne", "gt", "ge", "lt", "le"}), when = "2026-01-01T00:00:" + std::to_string(10 + dice.below(50)) + "Z";
  holds = [=, at = *directory::instant_of(when)](const Person& one) { return time_of(one) ? compares(op, *time_of(one), at) : op == "ne"; };
  return name + " " + op + " \"" + when + "\"";
}

std::string random_id(Dice& dice, const Plain& plain, std::function<bool(const Person&)>& holds) {
  const Id id = std::next(plain.everybody.begin(), static_cast<std::ptrdiff_t>(dice.below(plain.everybody.size())))->first;
  const std::string op = dice.of<std::string>({"eq", "ne", "gt", "ge", "lt", "le"});
  holds = [=](const Person& one) { return compares(op, one.id, id); };
  return "id " + op + " \"" + id.text() + "\"";
}

Asked random_question(Dice& dice, const Plain& plain, const People& people) {
  static const std::vector<std::string> parts{"sales", "営業", "ヤマダ", "マ", "chief of", "p1", "p12", "@example", "5678", "0312", "03-12", "work", "a", "e", "nobody", "example.com", "p2"};
  static const std::vector<std::string> orders{"", "", "id", "title", "department", "login", "employee_number", "custom.floor", "custom.mixed", "custom.badge", "phones", "created_at", "valid_from"};
  Asked out;
  std::function<bool(const Person&)> holds;
  if (dice.below(4) != 0) {
    out.text = random_filter(dice, 2);
    const int kind = static_cast<int>(dice.below(6));
    // What is asked again and again, and takes long enough to be kept.
    if (kind >= 4) out.text = dice.of<std::string>({"login co \"p1\"", "login co \"12\"", "login sw \"p12\"", "login ne \"p12@example.com\"", "login ew \"7@example.com\"", "not (login gt \"p5\")", "login co \"com\""});
    if (kind == 0) out.text = random_time(dice, holds);
    if (kind == 1 && !plain.everybody.empty()) out.text = random_id(dice, plain, holds);
    out.filter = *filter_of(out.text, plain.names());
    if (!holds) holds = [&](const Person& one) { return directory::matches(*out.filter, one); };
  }
  for (std::size_t n = dice.below(3); n > 0; --n) out.words.push_back(dice.of(parts));
  out.by = dice.of(orders);
  out.descending = !out.by.empty() && dice.below(2) == 0;
  std::vector<const Person*> those;
  for (const auto& [id, one] : plain.everybody) {
    if (holds && !holds(one)) continue;
    if (std::ranges::all_of(out.words, [&](const auto& word) { return Plain::has_word(people, one, word); })) those.push_back(&one);
  }
  for (const auto& word : out.words) out.text += " + " + word;
  out.text += " by " + out.by;
  out.expected = Plain::ordered(those, out.by, out.descending);
  return out;
}

struct Crowd {
  Dice& dice;
  kit::SeededRandom& random;
  kit::ManualClock clock;
  Plain plain;

  Person somebody(Id id, std::int64_t version) {
    Person one = random_person(dice, id, version);
    const auto at = [&] { return *directory::instant_of("2026-01-01T00:00:" + std::to_string(10 + dice.below(50)) + "Z"); };
    one.created_at = at();
    if (dice.below(2) == 0) one.valid_from = at();
    if (dice.below(3) == 0) one.profile.employee_number = "E" + std::to_string(dice.below(100'000));
    if (dice.below(4) == 0) one.profile.phones = {{.value = "03-12" + std::to_string(10 + dice.below(30)) + "-5678", .type = "work", .display = ""}};
    if (dice.below(2) == 0) one.profile.login = "p" + std::to_string(dice.below(100'000)) + "@example.com";
    return one;
  }
  Id new_one() {
    // Now and then somebody comes in behind those who were made later.
    clock.advance(std::chrono::milliseconds(1 + dice.below(3)));
    if (dice.below(20) != 0) return new_id(clock, random);
    kit::ManualClock earlier;
    earlier.advance(std::chrono::milliseconds(dice.below(500)));
    return new_id(earlier, random);
  }
  void change(People& people, std::size_t times) {
    for (; times > 0; --times) {
      if (plain.everybody.empty() || dice.below(3) == 0) {
        const Person one = somebody(new_one(), 1);
        plain.everybody[one.id] = one;
        people.put(one);
        continue;
      }
      auto& old = std::next(plain.everybody.begin(), static_cast<std::ptrdiff_t>(dice.below(plain.everybody.size())))->second;
      if (dice.below(3) == 0) {
        people.remove(old.id);
        plain.everybody.erase(old.id);
      } else {
        old = somebody(old.id, old.version + 1);
        people.put(old);
      }
    }
  }
};

TEST_CASE("whatever is asked while people come, change and go, it is those who are found one by one, in the order that sorting gives") {
  kit::SeededRandom random;
  Dice dice{std::mt19937_64(random.bytes<1>()[0] + 256 * random.bytes<1>()[0])};
  Crowd crowd{dice, random, {}, {}};
  People people, narrow;
  const auto names = crowd.plain.names();
  for (int i = 0; i < 700; ++i) {
    const Person one = crowd.somebody(new_id(crowd.clock, random), 1);
    crowd.clock.advance(std::chrono::milliseconds(1));
    crowd.plain.everybody[one.id] = one;
    people.put(one);
  }
  // Few changes are told apart from the lists, many have them made anew.
  for (const std::size_t changes : {0U, 1U, 30U, 100U, 100U, 0U, 300U, 5U, 700U, 20U}) {
    crowd.change(people, changes);
    REQUIRE(people.count() == crowd.plain.everybody.size());
    for (int i = 0; i < 25; ++i) {
      const Asked asked = random_question(dice, crowd.plain, people);
      CAPTURE(asked.text);
      CHECK(asked.agrees(people, names, 7 + dice.below(40), dice.below(300)));
    }
  }
  CHECK(people.bytes() > people.own_bytes());
  // Without room for lists the answers are the same.
  for (const auto& [id, one] : crowd.plain.everybody) narrow.put(one);
  narrow.give_room(0);
  for (int i = 0; i < 60; ++i) {
    const Asked asked = random_question(dice, crowd.plain, narrow);
    CAPTURE(asked.text);
    CHECK(asked.agrees(narrow, names, 20, 50));
  }
  CHECK(narrow.bytes() == narrow.own_bytes());
}

TEST_CASE("who comes in with a word that nobody had when it was first asked for is found by it") {
  kit::SeededRandom random;
  kit::ManualClock clock;
  People people;
  Person one;
  // Each has the word's trigrams and not the word: all texts are looked through, and that nobody has it is kept.
  for (int i = 0; i < 3000; ++i) {
    one.id = new_id(clock, random);
    one.profile.login = "abyxbyz" + std::to_string(i) + "@example.com";
    people.put(one);
  }
  const std::vector<std::string> words{"abyz"};
  CHECK(count_of(having_words(people, words)) == 0);
  one.id = new_id(clock, random);
  one.profile.login = "abyz@example.com";
  people.put(one);
  CHECK(count_of(having_words(people, words)) == 1);
}

TEST_CASE("many who ask at once, each first of all, get what one gets") {
  kit::SeededRandom random;
  Dice dice{std::mt19937_64(random.bytes<1>()[0] + 256 * random.bytes<1>()[0])};
  Crowd crowd{dice, random, {}, {}};
  People people;
  const auto names = crowd.plain.names();
  for (int round = 0; round < 5; ++round) {
    crowd.change(people, 600);
    std::vector<Asked> all;
    for (int i = 0; i < 10; ++i) all.push_back(random_question(dice, crowd.plain, people));
    std::latch begin(4);
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        begin.arrive_and_wait();
        for (const Asked& asked : all) right += asked.agrees(people, names, 50, 10) ? 1 : 0;
      });
    }
    for (auto& one : threads) one.join();
    CHECK(right.load() == 40);
  }
}
}  // namespace
}  // namespace kidoban::search
