#pragma once
// The two jobs of an import.

#include "jobs/engine.h"
#include "transfer/imports.h"
#include "transfer/sealed_files.h"
#include "transfer/still_may.h"

namespace kidoban::transfer {

struct OpenedImport;

struct ImportRooms {
  store::Store& store;
  seal::Keyring& keys;
  directory::Directory& directory;
  login::Sessions& sessions;
  jobs::Jobs& jobs;
  Passwords& passwords;
  StillMay still_may{};
};

inline constexpr std::string_view check_kind = "import_check", run_kind = "import_run";

// What each row would do: a page a step.
class CheckWork final : public jobs::Work {
 public:
  explicit CheckWork(const ImportRooms& rooms) : rooms_(rooms) {}
  std::string_view kind() const override { return check_kind; }
  void ask_rights(StillMay still_may) { rooms_.still_may = std::move(still_may); }
  Status step(jobs::Running& running) override;

 private:
  ImportRooms rooms_;
};

// Does it: a page a step, or all of them in one.
class RunWork final : public jobs::Work {
 public:
  explicit RunWork(const ImportRooms& rooms) : rooms_(rooms) {}
  std::string_view kind() const override { return run_kind; }
  void ask_rights(StillMay still_may) { rooms_.still_may = std::move(still_may); }
  Status step(jobs::Running& running) override;

 private:
  Status step_each(jobs::Running& running, const OpenedImport& import);
  Status step_on_end(jobs::Running& running, const OpenedImport& import);
  Status run_all(jobs::Running& running, const OpenedImport& import);
  ImportRooms rooms_;
};

}  // namespace kidoban::transfer
