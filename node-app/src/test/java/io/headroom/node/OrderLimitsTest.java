package io.headroom.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OrderLimitsTest {
    /** Else the server answers for us: without the cause, and without the next step. */
    @Test
    void orderThatNobodyAnswers_endsBeforeItsHttpRequest() {
        Duration request =
                ConfigFactory.parseResources("host-system.conf").getDuration("pekko.http.server.request-timeout");

        assertThat(request)
                .isGreaterThan(
                        ClusterDevices.LIMIT.plus(SpmOrders.NETWORK_LIMIT).plus(SpmOrders.ORDER_LIMIT));
    }
}
