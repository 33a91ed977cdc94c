using System.Net.Sockets;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>Comes to other members, and asks how they are.</summary>
internal sealed class ElasticGuest(ElasticDesk desk, ElasticGroupOptions options, GroupSecret secret)
{
    private readonly TimeProvider _clock = options.Group.TimeProvider;

    private TimeSpan Silence => options.Group.Rendezvous.HeartbeatTimeout;

    /// <summary>Where this process reaches a member.</summary>
    public string AddressOf(ElasticMember member) => member.Host == desk.Self.Host || member.Address.Length == 0 ? "127.0.0.1" : member.Address;

    /// <summary>Asks a member how it is.</summary>
    /// <param name="member">The member.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Its answer, or why there is none.</returns>
    public async Task<(ElasticAnswer? Answer, GuestOutcome.Unreachable? Failure)> ProbeAsync(ElasticMember member, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Silence, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var line = await ElasticLine.CallAsync(AddressOf(member), member.Port, secret, either.Token).ConfigureAwait(false);
            await line.SendAsync(desk.Call(isProbe: true), ElasticJson.Default.ElasticCall, either.Token).ConfigureAwait(false);
            return (await line.ReceiveAsync(ElasticJson.Default.ElasticAnswer, either.Token).ConfigureAwait(false), null);
        }
        catch (Exception exception) when (IsOfLine(exception, cancellationToken))
        {
            return (null, Describe(exception));
        }
    }

    /// <summary>Comes to a member, and waits there until a generation is formed.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="port">At which port.</param>
    /// <param name="host">The member, where it was in the same generation; null for a newcomer, who waits as long as it takes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<GuestOutcome> ComeAsync(string address, int port, ElasticMember? host, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Silence, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var line = await ElasticLine.CallAsync(address, port, secret, either.Token).ConfigureAwait(false);
            await line.SendAsync(desk.Call(isProbe: false), ElasticJson.Default.ElasticCall, either.Token).ConfigureAwait(false);
            var start = _clock.GetTimestamp();
            while (true)
            {
                limit.CancelAfter(Silence);
                var answer = await line.ReceiveAsync(ElasticJson.Default.ElasticAnswer, either.Token).ConfigureAwait(false);
                if (answer.Kind == ElasticAnswerKind.Prepare)
                {
                    desk.Prepare(WithAddresses(answer.Roster!, address));
                    await line.SendAsync(desk.Call(isProbe: true), ElasticJson.Default.ElasticCall, either.Token).ConfigureAwait(false);
                }
                else if (Conclude(answer, address) is { } outcome)
                {
                    return outcome;
                }
                else if (host is not null && answer.Phase == ElasticPhase.Hosting)
                {
                    desk.Enter(ElasticPhase.Guest, host);
                }
                else if (host is not null && answer.Phase == ElasticPhase.Done)
                {
                    return new GuestOutcome.Unreachable("it has done all its work", HasEnded: true);
                }
                else if (host is not null && _clock.GetElapsedTime(start) > options.WaitForMembers)
                {
                    return new GuestOutcome.Unreachable("it works on as if nothing had happened", HasEnded: false);
                }
            }
        }
        catch (Exception exception) when (IsOfLine(exception, cancellationToken))
        {
            return Describe(exception);
        }
    }

    private static GuestOutcome? Conclude(ElasticAnswer answer, string address) => answer.Kind switch
    {
        ElasticAnswerKind.Commit => new GuestOutcome.Formed(WithAddresses(answer.Roster!, address), address, answer.Port),
        ElasticAnswerKind.Redirect => new GuestOutcome.Redirected(answer.Other!.Address.Length == 0 ? answer.Other with { Address = address } : answer.Other),
        ElasticAnswerKind.GivenUp => new GuestOutcome.Failed(new(ElasticFailure.GivenUp, answer.Text)),
        ElasticAnswerKind.Refused => new GuestOutcome.Failed(new(ElasticFailure.Refused, answer.Text)),
        ElasticAnswerKind.BelowMinimum => new GuestOutcome.Failed(new(ElasticFailure.BelowMinimum, answer.Text)),
        ElasticAnswerKind.NoMajority => new GuestOutcome.Failed(new(ElasticFailure.NoMajority, answer.Text)),
        _ => null,
    };

    // A member without an address reached the one who drew up the roster by a loopback: it is where that one is.
    private static ElasticRoster WithAddresses(ElasticRoster roster, string address)
        => roster with { Members = [.. roster.Members.Select(m => m.Address.Length == 0 ? m with { Address = address } : m)] };

    private static bool IsOfLine(Exception exception, CancellationToken cancellationToken)
        => exception is SocketException or RendezvousException or InvalidDataException or ObjectDisposedException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private GuestOutcome.Unreachable Describe(Exception exception) => exception switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => new("it has ended: nobody listens there", HasEnded: true),
        OperationCanceledException => new($"it has given no sign of life for {Collectives.CollectiveSentences.Duration(Silence)}", HasEnded: false),
        _ => new(exception.Message.TrimEnd('.'), HasEnded: false),
    };
}
