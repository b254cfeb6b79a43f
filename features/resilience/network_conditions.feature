@resilience @critical
Feature: Users on a bad network receive everything
  Trains go through tunnels, and hotel networks are slow. An answer may take longer, but no part of
  it may be lost.

  @J1 @network-faults
  Scenario Outline: Alice receives the complete answer over <network>
    Given Alice's app reconnects automatically
    And Alice is chatting over <network>
    When Alice asks a question that needs several tools
    Then Alice has received the complete run with its tool calls, in order
    And Alice has received every event once, in order
    And the network fault has fired

    Examples:
      | network                                   |
      | a slow and unsteady network               |
      | a network that delivers answers slowly    |
      | a network that delivers byte by byte      |
      | a network with very little bandwidth      |
      | a network that closes the connection once |

  @J1 @needs.resume @message-loss
  Scenario Outline: Alice's app recovers the complete run over <network>
    Given Alice's app reconnects automatically
    And Alice is chatting over <network>
    When Alice asks a question that needs several tools
    And Alice's app notices that an event is missing and reconnects
    Then Alice has resumed without a gap
    And in the end each question of Alice has run once and completely
    And the network fault has fired

    Examples:
      | network                           |
      | a network that loses an event     |
      | a network that swaps two events   |
      | a network that truncates an event |

  @J1 @needs.resume @message-loss @idempotency
  Scenario Outline: A question runs once over <network>
    Given Alice is chatting over <network>
    When Alice repeats a question that needs several tools until it is answered
    Then in the end each question of Alice has run once and completely
    And the network fault has fired

    Examples:
      | network                                  |
      | a network that loses a question          |
      | a network that delivers a question twice |

  @J1 @slow-handshake @long-wait @needs.slow_handshakes
  Scenario Outline: Bob connects over <network> while Alice's handshake is stalled
    When Alice connects over <network>, and Bob meanwhile
    Then Bob is connected within 2 seconds
    And Alice's app has given up within the limit of this environment
    And the network fault has fired

    Examples:
      | network                                         |
      | a network that stalls a handshake               |
      | a network that stalls the answer to a handshake |

  @J2 @load @needs.chaos @needs.resume @chaos
  Scenario: Several users lose connections and messages all the time and miss nothing
    Given a few users are chatting over a bad network
    And everyone's app reconnects automatically
    When everyone repeats each of several questions until it is answered
    Then in the end each question of everyone has run once and completely
    And the network fault has fired

  @H8 @H9 @load @exclusive.machine @needs.resume @needs.reconnect_storm @reconnect-storm @thundering-herd
  Scenario: A crowd of users loses the network at once and recovers
    Given a crowd of users are chatting over an unreliable network
    And everyone's app reconnects automatically
    And everyone asks a slow question
    When the network fails
    And the network recovers after 3 attempts per user
    Then within 10 seconds everyone has reconnected, at different moments
    And at least 70 of 100 attempts that reached the service have succeeded
    And 95 of 100 recoveries take at most 5 seconds
