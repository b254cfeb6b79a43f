@resilience @critical
Feature: A user's app reconnects by itself
  Networks fail. An app reconnects without being asked, without flooding a service that is down, and
  without losing or repeating messages.

  @I1 @backoff
  Scenario: An app reconnects by itself after a network failure
    Given Alice is chatting over an unreliable network
    And Alice's app reconnects automatically
    When the network fails
    And the network recovers after 3 attempts per user
    And Alice's app is done reconnecting
    And Alice asks a question
    Then Alice's app has reconnected within 5 seconds, with growing pauses
    And Alice has received the complete run, in order

  @I1 @backoff
  Scenario: An app that cannot reconnect gives up after five attempts
    Given Alice is chatting over an unreliable network
    And Alice's app reconnects automatically
    When the network fails
    And Alice's app is done reconnecting
    Then Alice's app has given up after 5 attempts, with growing pauses

  @I1 @I3 @needs.reconnect_storm @jitter @thundering-herd
  Scenario: Users who were disconnected together do not reconnect at the same moment
    Given 20 users are chatting over an unreliable network
    And everyone's app reconnects automatically
    When the network fails
    And the network recovers after 3 attempts per user
    Then within 5 seconds everyone has reconnected, at different moments
    And at least 70 of 100 attempts that reached the service have succeeded

  @I1
  Scenario: An app that is refused for good does not retry
    Given Alice is chatting
    And Alice's app reconnects automatically
    And Alice's token is no longer valid
    When Alice loses the connection
    And Alice's app is done reconnecting
    Then Alice's app is refused and does not retry

  @I2 @circuit-breaker
  Scenario: A circuit breaker stops attempts while the network is down
    Given Alice is chatting over an unreliable network
    And Alice's app reconnects automatically
    When the network fails
    And Alice's app is done reconnecting
    And Alice's app tries to reconnect at once
    Then Alice's circuit breaker opened after 5 failures and stopped the next attempt

  @I2 @circuit-breaker @offline-queue
  Scenario: A circuit breaker closes after the failure, and queued questions are sent
    Given Alice is chatting over an unreliable network
    And Alice's app reconnects automatically
    When the network fails
    And the network recovers after 5 attempts per user
    And Alice asks 20 questions
    And Alice repeats a question until it is answered
    Then Alice's circuit breaker let a single attempt through and closed
    And 20 queued questions of Alice were sent, in order

  @I3 @needs.streams @deduplication
  Scenario: An event that arrives twice is shown once
    Given Alice is chatting over a network that delivers every message twice
    When Alice asks a question that needs several tools
    And Alice gets the answer
    Then Alice's app shows every event once

  @I3 @needs.resume @idempotency
  Scenario: A question whose confirmation was lost is sent again and runs once
    Given Alice is chatting over a network that breaks before the first confirmation
    And Alice's app reconnects automatically
    When Alice asks a question
    And Alice's app is done reconnecting
    Then Alice's repeated request ran once

  @I4 @needs.resume
  Scenario: After a disconnect the conversation continues where it was
    Given Alice is chatting
    And Alice's app reconnects automatically
    When Alice asks a question that needs a tool and loses the connection right after "agent_thinking"
    And Alice's app is done reconnecting
    And Alice continues the conversation with a question
    Then Alice has received one complete run for each question, accepted in the order asked
    And Alice has received every event once, in order
    And Alice has continued as the same user, in the same conversation and position

  @I5 @connection-pool
  Scenario: A pooled connection is given to nobody but its own user
    Given Alice and Bob are chatting
    When Alice returns the connection to the pool
    And Bob takes a connection from the pool
    And Alice takes a connection from the pool
    Then Alice has got the pooled connection back, and Bob has not
