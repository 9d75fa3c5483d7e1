package io.headroom.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.headroom.node.http.HostDevices;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OrderLimitsTest {
    /** Else the server answers for us: without the cause, and without the next step. */
    @Test
    void orderThatNobodyAnswers_endsBeforeItsHttpRequest() {
        Duration request =
                ConfigFactory.parseResources("host-system.conf").getDuration("pekko.http.server.request-timeout");

        // By the path, and by the identity where the path leads elsewhere.
        Duration looks = ClusterDevices.LIMIT.multipliedBy(2);
        // Who is SPM, before, and, where it does not answer, afterwards.
        Duration questions = SpmOrders.NETWORK_LIMIT.multipliedBy(2);
        assertThat(request)
                .isGreaterThan(HostDevices.ANOTHER_LUN_WITHIN
                        .plus(looks)
                        .plus(questions)
                        .plus(SpmOrders.ORDER_LIMIT));
    }
}
