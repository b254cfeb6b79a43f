@resilience @critical
Feature: Even on a bad network everyone ends with the whole story
  Trains go through tunnels, and hotels have the wireless they have. It may take longer. It must not
  take anything away.

  @J1
  Scenario Outline: Over a network that <weather>, Alice still gets her whole answer
    Given Alice is to chat over a network that <weather>
    When Alice asks a question that needs several tools
    Then Alice has seen the whole run, in order, with its tool
    And Alice's story has no gap, nothing twice and nothing out of order
    And the network really <weather>

    Examples:
      | weather                 |
      | is slow and unsteady    |
      | delivers answers slowly |
      | delivers byte by byte   |
      | has very little bandwidth     |
      | closes the connection once      |

  @J1 @needs.resume
  Scenario Outline: Over a network that <weather>, Alice's app recovers the complete run by reconnecting
    Given Alice is to chat over a network that <weather>
    When Alice asks a question that needs several tools
    And Alice's app notices that an event is missing and reconnects
    Then Alice has resumed where the gap began
    And Alice's question ran once, and the complete run has arrived in the end
    And the network really <weather>

    Examples:
      | weather            |
      | loses an event     |
      | swaps two events   |
      | truncates an event |

  @J1 @needs.resume
  Scenario Outline: Over a network that <weather>, the question runs once
    Given Alice is to chat over a network that <weather>
    When Alice asks a question that needs several tools
    And Alice's app repeats the question until it is answered
    Then Alice's question ran once, and the complete run has arrived in the end
    And the network really <weather>

    Examples:
      | weather            |
      | loses a question   |
      | delivers a question twice |

  @J1
  Scenario Outline: A network that <weather> keeps nobody else out
    When Alice connects over a network that <weather>, and Bob meanwhile
    Then Bob is connected within 2 seconds
    And Alice's app has given up within the limit of this environment
    And the network really <weather>

    Examples:
      | weather                          |
      | stalls a handshake               |
      | stalls the answer to a handshake |

  @J2 @load @needs.chaos @needs.resume
  Scenario: Cuts, delays and lost messages, all at once
    Given a few people are chatting over a bad network, with apps that come back by themselves
    When everybody asks several questions, and sees each of them through
    Then everybody has the whole story in the end

  @H8 @H9 @load @needs.resume @needs.reconnect_storm
  Scenario: Fifty users are cut off at once, and everybody recovers
    Given a great many people are chatting over a network that comes and goes
    And everybody asks a question that takes a moment
    When the network cuts everybody off at once, and is back only for the fourth attempt of each
    Then within 10 seconds everybody is back, each at moments of their own
    And at least 70 of 100 attempts that reached the service have succeeded
    And 95 of 100 were back at the whole story within 5 seconds, and it is known how long it took
    And nobody's story has a gap, anything twice or anything out of order
