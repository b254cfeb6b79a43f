@performance @critical @latency @exclusive.machine
Feature: Events arrive without a noticeable delay
  What the agent does is shown while it happens. Each environment sets its own latency limits.

  @K2
  Scenario: Every type of event arrives fast while several users chat
    Given a group of users is chatting
    When everyone has many questions answered
    Then 99 of 100 waits for each type of event take at most 1 second

  @K1 @needs.application_ping
  Scenario: Events arrive within the latency limits while several users chat
    Given a group of users is chatting
    When everyone has many questions answered
    Then the average event latency is within the limit of this environment
    And the p95 event latency is within the limit of this environment

  @K1 @needs.application_ping @needs.p99_latency
  Scenario: Hardly any event arrives late while several users chat
    Given a group of users is chatting
    When everyone has many questions answered
    Then the p99 event latency is within the limit of this environment

  @K2 @time-to-first-event
  Scenario: The first event of an answer arrives fast while several users chat
    Given a group of users is chatting
    When everyone has many questions answered
    Then 99 of 100 waits for the first event of an answer take at most 1 second

  @K6 @needs.application_ping @clock
  Scenario: Event timestamps are true
    Given Alice is chatting
    When Alice has a slow question answered
    Then event timestamps agree with the clock of the service
