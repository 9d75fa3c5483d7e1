package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.headroom.ledger.Audit;
import io.headroom.ledger.AuditLine;
import io.headroom.spm.SpmActor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What one node asks another travels in one frame, or not at all. */
class LargestAnswerTest {
    private final Config config = ConfigFactory.parseString("pekko.actor.provider = local")
            .withFallback(ConfigFactory.parseResourcesAnySyntax("cluster-system.conf"))
            .withFallback(ConfigFactory.load())
            .resolve();
    private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "answers", config);
    private final SplittableRandom random = new SplittableRandom(1);

    @AfterEach
    void end() {
        system.terminate();
    }

    @Test
    void fullPageOfTheAudit_fitsIntoAFrame_andIsReadAgain() {
        SpmActor.AuditAnswer answer = new SpmActor.AuditAnswer(
                Optional.of(new Audit.Page(lines(Audit.Query.MOST_LINES), 1, Optional.empty())), "");
        Serialization serialization = SerializationExtension.get(system.classicSystem());

        byte[] bytes = serialization.serialize(answer).get();

        assertThat((long) bytes.length)
                .isLessThan(config.getBytes("pekko.remote.artery.advanced.maximum-frame-size") / 2);
        assertThat(serialization.deserialize(bytes, SpmActor.AuditAnswer.class).get())
                .isEqualTo(answer);
    }

    private List<AuditLine> lines(int count) {
        List<AuditLine> lines = new ArrayList<>();
        Instant at = Instant.parse("2026-05-31T12:00:00Z");
        for (int number = count; number > 0; number--) {
            int host = 1 + random.nextInt(2000);
            long from = random.nextLong(1L << 40);
            at = at.minusMillis(random.nextLong(60_000));
            lines.add(new AuditLine(
                    number,
                    at,
                    "extended",
                    Optional.of(host),
                    Optional.of("web-" + host),
                    Optional.of("4820cfad-ff0e-4c13-8ee4-" + host),
                    Optional.of("web-" + host + "-root"),
                    Optional.of("threshold"),
                    false,
                    Optional.of(from),
                    Optional.of(from + random.nextLong(1L << 32)),
                    7,
                    number,
                    Optional.of(random.nextLong(1000)),
                    millis(),
                    millis(),
                    millis(),
                    millis(),
                    millis(),
                    millis(),
                    ""));
        }
        return lines;
    }

    private Optional<Duration> millis() {
        return Optional.of(Duration.ofNanos(random.nextLong(50_000_000)));
    }
}
