package io.headroom.ledger;

import io.headroom.ledger.LedgerEvent.Hole;
import io.headroom.ledger.LedgerEvent.JournalOpened;
import io.headroom.ledger.LedgerEvent.Recorded;
import io.headroom.ledger.LedgerEvent.Voided;
import io.headroom.ledger.PoolEvent.Asked;
import io.headroom.mailbox.LastDone;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Tells one event of the ledger as a line of the audit. */
final class AuditLines {
    private final long number;
    private final Instant at;
    private final LogPosition position;
    private final Map<VolumeId, String> names;

    private Optional<Asked> asked = Optional.empty();
    private Optional<HostId> host = Optional.empty();
    private Optional<VolumeId> volume = Optional.empty();
    private Optional<Bytes> from = Optional.empty();
    private Optional<Bytes> to = Optional.empty();
    private Optional<Duration> queued = Optional.empty();
    private Optional<Duration> extended = Optional.empty();
    private Optional<LastDone.Steps> steps = Optional.empty();

    private AuditLines(long number, Instant at, LogPosition position, Map<VolumeId, String> names) {
        this.number = number;
        this.at = at;
        this.position = position;
        this.names = names;
    }

    /**
     * @param reports what the host reported of the request afterwards
     * @return empty for an intent and for a host's report, which another line tells
     */
    static Optional<AuditLine> of(
            long number,
            LedgerEvent event,
            Map<VolumeId, String> names,
            Function<Asked, Optional<LastDone.Steps>> reports) {
        if (event instanceof JournalOpened opened) {
            return Optional.of(new AuditLines(number, opened.at(), LogPosition.START, names)
                    .line("journal-opened", "journal " + opened.journal()));
        }
        if (event instanceof Hole hole) {
            return Optional.of(new AuditLines(number, hole.at(), LogPosition.START, names)
                    .line("hole", "after " + hole.after() + " and before " + hole.before() + ": " + hole.cause()));
        }
        if (event instanceof Voided voided) {
            return Optional.of(new AuditLines(number, voided.at(), LogPosition.START, names)
                    .line(
                            "voided",
                            "after " + voided.after() + " up to " + voided.last()
                                    + ": a former SPM wrote them after it was sealed off"));
        }
        if (event instanceof Recorded recorded) {
            LogEntry entry = recorded.entry();
            AuditLines told = new AuditLines(number, entry.at(), entry.position(), names);
            if (entry.event() instanceof PoolEvent.Coalesced coalesced) {
                return Optional.of(told.coalesced(coalesced, recorded.known()));
            }
            return told.ofRequest(entry.event(), reports)
                    .or(() -> told.ofOrder(entry.event()))
                    .or(() -> told.ofPool(entry.event()));
        }
        throw new AssertionError("unhandled " + event);
    }

    private Optional<AuditLine> ofRequest(PoolEvent event, Function<Asked, Optional<LastDone.Steps>> reports) {
        if (event instanceof PoolEvent.VolumeExtended done) {
            queued = Optional.of(done.queued());
            extended = Optional.of(done.extended());
            return Optional.of(
                    asked(done.asked(), done.from(), done.to(), reports).line("extended", ""));
        }
        if (event instanceof PoolEvent.ExtensionFoundDone found) {
            return Optional.of(asked(found.asked(), found.from(), found.to(), reports)
                    .line("found-done", "intended in epoch " + found.intendedIn()));
        }
        if (event instanceof PoolEvent.ExtensionAbandoned abandoned) {
            return Optional.of(asked(abandoned.asked(), abandoned.from(), abandoned.to(), asked -> Optional.empty())
                    .line("abandoned", "intended in epoch " + abandoned.intendedIn() + ": " + abandoned.cause()));
        }
        if (event instanceof PoolEvent.RequestHeld held) {
            return Optional.of(asked(held.asked(), held.size(), held.asked().size(), asked -> Optional.empty())
                    .line("held", held.cause()));
        }
        return Optional.empty();
    }

    private Optional<AuditLine> ofOrder(PoolEvent event) {
        if (event instanceof PoolEvent.OrderCarried carried) {
            return Optional.of(carried(carried, ""));
        }
        if (event instanceof PoolEvent.OrderRecalled recalled) {
            return Optional.of(carried(
                    recalled.order(),
                    "; told again for the record " + recalled.epoch() + "." + recalled.sequence() + " of "
                            + recalled.at()));
        }
        if (event instanceof PoolEvent.OrderAbandoned abandoned) {
            String what = of(abandoned.deed());
            return Optional.of(line(
                    "order-abandoned",
                    what + ", ordered by " + abandoned.by() + ", intended in epoch " + abandoned.intendedIn() + ": "
                            + abandoned.cause()));
        }
        return Optional.empty();
    }

    private AuditLine carried(PoolEvent.OrderCarried order, String more) {
        boolean wasFound = !order.intendedIn().equals(position.epoch()) && more.isEmpty();
        String kind = of(order.deed());
        if (order.created().isPresent()) {
            volume = order.created();
        }
        extended = Optional.of(order.took()).filter(took -> !took.isZero());
        return line(
                kind,
                words(order.deed()) + "by " + order.by()
                        + (wasFound ? "; intended in epoch " + order.intendedIn() + " and found done" : "") + more);
    }

    /** @return what the deed is called, with its figures noted */
    private String of(Deed deed) {
        if (deed instanceof Deed.Creation of) {
            to = Optional.of(of.size());
            return "volume-created";
        } else if (deed instanceof Deed.Deletion of) {
            volume = Optional.of(of.volume());
            from = Optional.of(of.size());
            return "volume-deleted";
        } else if (deed instanceof Deed.Resize of) {
            volume = Optional.of(of.volume());
            from = Optional.of(of.from());
            to = Optional.of(of.to());
            return "volume-resized";
        } else if (deed instanceof Deed.Assignment of) {
            volume = Optional.of(of.volume());
            return "volume-assigned";
        } else if (deed instanceof Deed.NewLun of) {
            to = Optional.of(of.size()).filter(size -> !size.isZero());
            return "lun-added";
        } else if (deed instanceof Deed.LargerLun of) {
            to = Optional.of(of.size()).filter(size -> !size.isZero());
            return "lun-grown";
        }
        throw new AssertionError("unhandled " + deed);
    }

    private static String words(Deed deed) {
        if (deed instanceof Deed.Creation of) {
            return of.name() + ", virtual size " + of.virtualSize() + ", ";
        } else if (deed instanceof Deed.Deletion of) {
            return of.name() + (of.wipe() ? ", wiped, " : ", ");
        } else if (deed instanceof Deed.Resize) {
            return "virtual size, ";
        } else if (deed instanceof Deed.Assignment of) {
            return "from the hosts " + of.from() + " to " + of.to() + ", ";
        } else if (deed instanceof Deed.NewLun of) {
            return of.device() + (of.force() ? ", whatever it held, " : ", ");
        } else if (deed instanceof Deed.LargerLun of) {
            return of.device() + ", ";
        }
        throw new AssertionError("unhandled " + deed);
    }

    private Optional<AuditLine> ofPool(PoolEvent event) {
        if (event instanceof PoolEvent.PoolCreated created) {
            to = Optional.of(created.capacity());
            return Optional.of(line("pool-created", "pool " + created.pool() + ", extents of " + created.extent()));
        }
        if (event instanceof PoolEvent.VolumeCreated created) {
            volume = Optional.of(created.volume());
            to = Optional.of(created.size());
            return Optional.of(line("volume-created", "virtual size " + created.virtualSize()));
        }
        if (event instanceof PoolEvent.TakenOver taken) {
            host = Optional.of(taken.spm());
            return Optional.of(line("taken-over", "took " + taken.took().toMillis() + " ms"));
        }
        if (event instanceof PoolEvent.SteppedDown stepped) {
            host = Optional.of(stepped.spm());
            return Optional.of(line("stepped-down", stepped.why()));
        }
        if (event instanceof PoolEvent.SizeFound found) {
            volume = Optional.of(found.volume());
            from = Optional.of(found.known());
            to = Optional.of(found.found());
            return Optional.of(line("size-found", "changed by somebody else"));
        }
        if (event instanceof PoolEvent.LevelChanged changed) {
            return Optional.of(line(
                    "level-" + changed.to().name().toLowerCase(Locale.ROOT),
                    "was " + changed.from().name().toLowerCase(Locale.ROOT) + "; " + changed.free() + " of "
                            + changed.capacity() + " free"));
        }
        if (event instanceof PoolEvent.LunLost lost) {
            return Optional.of(line("lun-lost", lost.device() + " " + lost.lun() + ": " + lost.problem()));
        }
        if (event instanceof PoolEvent.LunRecovered recovered) {
            return Optional.of(line("lun-recovered", recovered.device() + " " + recovered.lun()));
        }
        if (event instanceof PoolEvent.JournalReplaced replaced) {
            return Optional.of(line(
                    "journal-replaced",
                    "the pool knew journal " + replaced.known() + " with " + replaced.knownEvents()
                            + " events, and found " + replaced.found() + " with " + replaced.foundEvents()));
        }
        if (event instanceof PoolEvent.TakeoverIntended
                || event instanceof PoolEvent.ExtensionIntended
                || event instanceof PoolEvent.OrderIntended
                || event instanceof PoolEvent.HostFinished) {
            return Optional.empty();
        }
        throw new AssertionError("unhandled " + event);
    }

    private AuditLine coalesced(PoolEvent.Coalesced coalesced, long known) {
        int extensions = coalesced.growths().stream()
                .mapToInt(PoolEvent.Growth::extensions)
                .sum();
        if (coalesced.growths().size() == 1) {
            PoolEvent.Growth growth = coalesced.growths().get(0);
            volume = Optional.of(growth.volume());
            from = Optional.of(growth.from());
            to = Optional.of(growth.to());
        }
        String overlap = known == 0 ? "" : "; " + known + " of them were taken before";
        return line(
                "coalesced",
                extensions + " extensions of " + coalesced.growths().size() + " volumes in the records "
                        + coalesced.epoch() + "." + coalesced.first() + " to " + coalesced.last() + ", part "
                        + coalesced.part() + " of " + coalesced.parts() + overlap);
    }

    private AuditLines asked(Asked who, Bytes before, Bytes after, Function<Asked, Optional<LastDone.Steps>> reports) {
        asked = Optional.of(who);
        host = Optional.of(who.host());
        volume = Optional.of(who.volume());
        from = Optional.of(before);
        to = Optional.of(after);
        steps = reports.apply(who);
        return this;
    }

    private AuditLine line(String kind, String text) {
        return new AuditLine(
                number,
                at,
                kind,
                host.map(HostId::value),
                asked.map(who -> who.vm().value()),
                volume.map(VolumeId::value),
                volume.map(names::get),
                asked.map(who -> who.why().name().toLowerCase(Locale.ROOT).replace('_', '-')),
                asked.map(Asked::paused).orElse(false),
                from.map(Bytes::value),
                to.map(Bytes::value),
                position.epoch().value(),
                position.sequence(),
                asked.map(who -> who.ticket().value()),
                queued,
                extended,
                steps.map(LastDone.Steps::posted),
                steps.map(LastDone.Steps::answered),
                steps.map(LastDone.Steps::refreshed),
                steps.map(LastDone.Steps::armed),
                text);
    }
}
