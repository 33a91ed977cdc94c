using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Routing;

/// <summary>
/// What a variant shows to the shadows of its model. A shadow on the same feature service gets a copy of the row; another one gets the call and reads its own row later. What is no call of this kind is
/// passed over and counted. Thread-safe; copying a row allocates nothing, keeping a call allocates one object.
/// </summary>
internal sealed class ShadowFeed
{
    private readonly Link[] _links;

    /// <summary>Makes the feed of one variant.</summary>
    /// <param name="lanes">The shadows.</param>
    public ShadowFeed(IReadOnlyList<ShadowLane> lanes) => _links = [.. lanes.Select(l => new Link(l))];

    /// <summary>Keeps a call by entity keys, if there is a shadow that reads features of its own.</summary>
    /// <typeparam name="TKeys">The keys.</typeparam>
    /// <typeparam name="TRequest">The request.</typeparam>
    /// <param name="served">The version that answers.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="request">The request.</param>
    /// <returns>The call, for the record of its prediction; null if nobody needs it.</returns>
    public IShadowCall? Keep<TKeys, TRequest>(ServedModel served, in TKeys keys, in TRequest request)
    {
        foreach (var link in _links)
        {
            if (link.Lane.Ring is { Version: { Reader: not null } version } && !link.MatchOf(served, version).TakesRows)
            {
                return new ShadowCall<TKeys, TRequest>(keys, request);
            }
        }

        return null;
    }

    /// <summary>Shows an answered prediction. Never throws and never waits.</summary>
    /// <param name="record">The prediction.</param>
    /// <param name="served">The version that answered.</param>
    public void Offer(in PredictionRecord record, ServedModel served)
    {
        if (record.Outcome != PredictionOutcome.Ok)
        {
            return;
        }

        foreach (var link in _links)
        {
            if (link.Lane.Ring is not { } ring)
            {
                link.Lane.Agreement.Skip();
                continue;
            }

            var match = link.MatchOf(served, ring.Version);
            var call = match.TakesRows ? null : record.Call;
            if (!match.TakesRows && (call is null || ring.Version.Reader is null || !call.Fits(ring.Version)))
            {
                // There is nothing to read its features by.
                link.Lane.Agreement.Skip();
            }
            else if (link.Lane.IsSampled())
            {
                link.Lane.Put(ring, in record, call, match.Score);
            }
        }
    }

    /// <summary>One shadow, and what is known of it beside the version that answers; found out once for a pair of versions.</summary>
    private sealed class Link(ShadowLane lane)
    {
        private Match? _match;

        public ShadowLane Lane => lane;

        public Match MatchOf(ServedModel served, ServingVersion shadow)
        {
            var match = Volatile.Read(ref _match);
            if (match is null || !ReferenceEquals(match.Served, served) || !ReferenceEquals(match.Shadow, shadow))
            {
                match = new Match(served, shadow);
                Volatile.Write(ref _match, match);
            }

            return match;
        }
    }

    private sealed class Match(ServedModel served, ServingVersion shadow)
    {
        public ServedModel Served => served;

        public ServingVersion Shadow => shadow;

        public bool TakesRows { get; } = served.Service == shadow.Served.Service && FeatureLayoutCheck.FindDifference(shadow.Inputs.Layout.Columns, served.Layout.Columns) is null;

        public ScoreReader Score { get; } = new(served.Manifest.Output);
    }
}
