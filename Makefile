.DEFAULT_GOAL := help
.PHONY: help demo test bench chaos lab format clean

BUILD := mvn -B -q -DskipTests package

help: ## Lists the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Builds Headroom and shows it at work; options go into ARGS="...".
	@scripts/prepare
	@$(BUILD)
	@scripts/demo $(ARGS)

test: ## Builds everything and runs every test.
	@scripts/prepare
	mvn -B verify

bench: ## Builds Headroom and measures it; options go into ARGS="...".
	@scripts/prepare
	@$(BUILD)
	@scripts/bench $(ARGS)

chaos: ## Builds Headroom and inflicts faults on it; options go into ARGS="--minutes 30 --seed 7".
	@scripts/prepare
	@$(BUILD)
	@scripts/chaos $(ARGS)

lab: ## Builds Headroom and tries it on real LVM, on hypervisors under QEMU; options go into ARGS="...".
	@scripts/prepare lab
	@$(BUILD)
	@scripts/lab $(ARGS)

format: ## Formats every Java source.
	mvn -B -q spotless:apply

clean: ## Removes everything that was built.
	rm -rf target */target
