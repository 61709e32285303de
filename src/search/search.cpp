#include "search/search.h"

#include <algorithm>
#include <future>
#include <shared_mutex>

#include "directory/changes.h"
#include "directory/reading.h"
#include "search/matching.h"

namespace kidoban::search {

namespace {

constexpr std::size_t bite = 1000;               // people read in one transaction
constexpr std::size_t worth_a_thread = 100;      // people opened: a millisecond
constexpr std::size_t taken_in_at_once = 1000;   // changes taken in while a request waits in its transaction
constexpr std::int64_t come_again_s = 1;
constexpr std::chrono::milliseconds waited_inside{250};
// A tenant that was too large isn't read again and again to find out that it still is.
constexpr std::chrono::minutes too_large_for{10};

Failure unready(std::string note) { return fail_for_now(Kind::unavailable, "search_unready", come_again_s, std::move(note)); }
Failure too_large() { return fail(Kind::conflict, "search_too_large", "this tenant's people don't fit into search.memory_mib"); }

}  // namespace

struct Search::Index {
  // Held by whoever changes it, from reading what has changed until that is in.
  std::timed_mutex changing;
  // Held shared by those who ask, alone by whoever puts something in, who holds `changing`, too.
  std::shared_mutex content;
  People people;
  std::string mark;               // up to where it is current
  bool begun = false;             // `mark` is the moment before the first bite
  bool ready = false;             // everybody was read once
  std::optional<Id> read_until;
  std::atomic<bool> dropped{false};
  // Under Search::mutex_.
  Time asked_at;
  std::size_t bytes = 0;
  std::optional<Time> too_large_at;
};

Search::Search(directory::Directory& directory, seal::Keyring& keys, const Clock& clock, Options options)
    : directory_(directory), keys_(keys), clock_(clock), options_(options) {}
Search::~Search() = default;

std::shared_ptr<Search::Index> Search::index_of(const TenantId& tenant, bool make) {
  const std::lock_guard lock(mutex_);
  auto found = indexes_.find(tenant);
  if (found == indexes_.end()) {
    if (!make) return nullptr;
    found = indexes_.emplace(tenant, std::make_shared<Index>()).first;
  }
  found->second->asked_at = clock_.now();
  return found->second;
}

void Search::forget(const TenantId& tenant) {
  const std::lock_guard lock(mutex_);
  const auto found = indexes_.find(tenant);
  if (found == indexes_.end()) return;
  found->second->dropped = true;
  indexes_.erase(found);
}

Status Search::forget_idle() {
  const std::lock_guard lock(mutex_);
  std::erase_if(indexes_, [&](const auto& one) {
    if (one.second->asked_at + options_.idle > clock_.now()) return false;
    one.second->dropped = true;
    return true;
  });
  return {};
}

Search::Load Search::load() const {
  const std::lock_guard lock(mutex_);
  Load out{indexes_.size(), 0};
  for (const auto& [tenant, index] : indexes_) out.bytes += index->bytes;
  return out;
}

// After something came in. What is derived from it has what room is left.
Status Search::weigh(const TenantId& tenant, Index& index) {
  const std::size_t own = index.people.own_bytes();
  const bool fits = own <= options_.bytes && !index.people.full();
  if (!fits) {
    const std::unique_lock lock(index.content);
    index.people = People();
    index.begun = index.ready = false;
    index.read_until.reset();
  } else {
    index.people.give_room(options_.bytes - own);
    if (index.people.derived_bytes() > options_.bytes - own) {
      const std::unique_lock lock(index.content);
      index.people.drop_derived();
    }
  }
  make_room(tenant, index, fits ? index.people.bytes() : 0);
  if (fits) return {};
  const std::lock_guard lock(mutex_);
  index.too_large_at = clock_.now();
  return too_large();
}

// Others go, those first that weren't asked for longest.
void Search::make_room(const TenantId& tenant, Index& index, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  index.bytes = bytes;
  for (;;) {
    std::size_t all = 0;
    auto oldest = indexes_.end();
    for (auto one = indexes_.begin(); one != indexes_.end(); ++one) {
      all += one->second->bytes;
      const bool other = one->first != tenant && one->second->bytes > 0;
      if (other && (oldest == indexes_.end() || one->second->asked_at < oldest->second->asked_at)) oldest = one;
    }
    if (all <= options_.bytes || oldest == indexes_.end()) return;
    oldest->second->dropped = true;
    indexes_.erase(oldest);
  }
}

Result<std::vector<directory::Person>> Search::changed(store::Transaction& tx, const Index& index, const std::vector<directory::PersonChanged>& changes) {
  std::vector<Id> ids;
  for (const directory::PersonChanged& one : changes) {
    if (!one.removed && !index.people.has(one.person, one.version)) ids.push_back(one.person);
  }
  return directory::people_named(tx, keys_, ids);
}

// Some of a tenant's people, opened by two threads.
struct Search::Bite {
  std::string mark;  // the moment at which they were read
  std::vector<directory::Person> people, more;
  bool is_last = false;
  const directory::Person& last() const { return more.empty() ? people.back() : more.back(); }
};

Result<Search::Bite> Search::read_bite(store::Store& store, const TenantId& tenant, const std::optional<Id>& after, runtime::Deadline deadline) {
  Bite out;
  directory::SealedPeople sealed;
  TRY(store.read(tenant, deadline, [&](store::Transaction& tx) -> Status {
    out.mark = TRY(directory::people_mark(tx));
    sealed = TRY(directory::SealedPeople::after(tx, keys_, after, bite));
    return {};
  }));
  out.is_last = sealed.size() < bite;
  const std::size_t half = sealed.size() / 2;
  if (half < worth_a_thread) {
    out.people = TRY(sealed.open(0, sealed.size()));
    return out;
  }
  auto second = std::async(std::launch::async, [&] { return sealed.open(half, sealed.size()); });
  out.people = TRY(sealed.open(0, half));
  out.more = TRY(second.get());
  return out;
}

// While one bite is put in, the next is read and opened: the first who asks waits for all of it.
Status Search::build(store::Store& store, const TenantId& tenant, Index& index, runtime::Deadline deadline) {
  if (index.ready) return {};
  auto now = read_bite(store, tenant, index.read_until, deadline);
  for (;;) {
    if (!now) return std::unexpected(std::move(now.error()));
    if (!index.begun) index.mark = now->mark;
    index.begun = true;
    std::future<Result<Bite>> next;
    if (!now->is_last && !deadline.passed()) {
      next = std::async(std::launch::async, [&, after = now->last().id] { return read_bite(store, tenant, after, deadline); });
    }
    {
      const std::unique_lock lock(index.content);
      for (const auto* some : {&now->people, &now->more}) {
        for (const auto& person : *some) index.people.put(person);
      }
      if (!now->people.empty()) index.read_until = now->last().id;
      index.ready = now->is_last;
    }
    TRY(weigh(tenant, index));
    if (index.ready) return {};
    if (!next.valid()) return unready("the index is being built");
    if (index.dropped) return unready("the index was dropped to make room");
    now = next.get();
  }
}

// Whoever changed between two bites is found by a mark that is from before the first: what a pass may have missed, the next one sees.
Status Search::catch_up(store::Store& store, const TenantId& tenant, Index& index, runtime::Deadline deadline) {
  for (;;) {
    std::string mark;
    directory::PersonChanged last;
    std::size_t seen = 0;
    for (bool more = true; more;) {
      if (deadline.passed()) return unready("the index is being brought up to date");
      std::vector<directory::PersonChanged> changes;
      std::vector<directory::Person> people;
      TRY(store.read(tenant, deadline, [&](store::Transaction& tx) -> Status {
        if (mark.empty()) mark = TRY(directory::people_mark(tx));
        changes = TRY(directory::people_changed_since(tx, index.mark, last, bite));
        people = TRY(changed(tx, index, changes));
        return {};
      }));
      {
        const std::unique_lock lock(index.content);
        for (const auto& person : people) index.people.put(person);
        for (const directory::PersonChanged& one : changes) {
          if (one.removed) index.people.remove(one.person);
        }
      }
      TRY(weigh(tenant, index));
      seen += changes.size();
      more = changes.size() == bite;
      if (more) last = changes.back();
    }
    index.mark = mark;
    if (seen < taken_in_at_once) return {};
  }
}

Status Search::prepare(store::Store& store, const TenantId& tenant, runtime::Deadline deadline) {
  struct Place {
    std::atomic<std::size_t>& taken;
    std::size_t mine;
    explicit Place(std::atomic<std::size_t>& all) : taken(all), mine(++all) {}
    ~Place() { --taken; }
  } const place(building_);
  if (place.mine > options_.builders + options_.waiting) return unready("as many as may already wait for indexes");
  const auto until = runtime::Deadline::after(std::min(options_.build_time, deadline.left()));
  const auto index = index_of(tenant, true);
  const std::unique_lock lock(index->changing, until.at());
  if (!lock) return unready("the index is being built");
  {
    const std::lock_guard all(mutex_);
    if (index->too_large_at && clock_.now() < *index->too_large_at + too_large_for) return too_large();
    index->too_large_at.reset();
  }
  auto done = build(store, tenant, *index, until);
  if (done) done = catch_up(store, tenant, *index, until);
  // The store is given no longer than this request builds; the client has longer.
  if (!done && done.error().reason == "deadline_passed") return unready("the store took long");
  return done;
}

// Two transactions' snapshots have an order. Where this one sees something that the index doesn't, it is the later; where it is the
// earlier it sees nothing new, and what the index has beyond it is there already.
Status Search::take_in(store::Transaction& tx, Index& index, runtime::Deadline deadline) {
  // A connection to the store is held meanwhile: whoever has to wait for long does it without one.
  const std::unique_lock lock(index.changing, std::min(deadline.at(), runtime::Deadline::after(waited_inside).at()));
  if (!lock) return unready("the index is being brought up to date");
  if (!index.ready || index.dropped) return unready("there is no index");
  const auto changes = TRY(directory::people_changed_since(tx, index.mark, {}, taken_in_at_once));
  if (changes.empty()) return {};
  if (changes.size() == taken_in_at_once) return unready("much has changed");
  const auto mark = TRY(directory::people_mark(tx));
  const auto people = TRY(changed(tx, index, changes));
  {
    const std::unique_lock content(index.content);
    for (const auto& person : people) index.people.put(person);
    for (const directory::PersonChanged& one : changes) {
      if (one.removed) index.people.remove(one.person);
    }
    index.mark = mark;
  }
  TRY(weigh(tx.tenant(), index));
  if (index.people.worn()) forget(tx.tenant());  // this answer is good; the next one builds anew
  return {};
}

namespace {

Result<Bits> reached(directory::Directory& directory, store::Transaction& tx, const People& people, const Reach& reach) {
  Bits out(people.present().size());
  for (const auto& domain : reach.domains) add_those(out, in_domain(people, domain));
  for (const Id& group : reach.groups) {
    for (std::optional<Id> after;;) {
      const auto page = TRY(directory.groups().members(tx, group, after, 500));
      for (const auto& member : page) {
        const auto row = member.kind == directory::MemberKind::person ? people.row_of(member.id) : std::nullopt;
        if (row) set_bit(out, *row);
      }
      if (page.size() < 500) break;
      after = page.back().id;
    }
  }
  return out;
}

}  // namespace

Result<Answer> Search::ask(store::Transaction& tx, const Query& query, runtime::Deadline deadline) {
  const auto index = index_of(tx.tenant(), false);
  if (!index) return unready("there is no index");
  TRY(take_in(tx, *index, deadline));
  const std::shared_lock lock(index->content);
  if (!index->ready) return unready("the index outgrew its room");
  const People& people = index->people;
  const std::size_t derived = people.derived_bytes();
  Bits found = people.present();
  if (query.filter != nullptr) found = TRY(matching(people, *query.filter, query.names, deadline));
  if (!query.words.empty()) keep_only(found, having_words(people, query.words));
  if (query.reach != nullptr) keep_only(found, TRY(reached(directory_, tx, people, *query.reach)));
  if (!query.pending) {
    static const directory::Filter living = *directory::Filter::parse("state ne \"pending_deletion\"");
    keep_only(found, TRY(matching(people, living, our_names({}), deadline)));
  }
  Answer out;
  out.total = count_of(found);
  out.page = page_of(people, found, query.order, query.after, query.offset, query.limit);
  if (people.derived_bytes() != derived) make_room(tx.tenant(), *index, people.bytes());
  return out;
}

}  // namespace kidoban::search
