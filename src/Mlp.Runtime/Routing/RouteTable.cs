using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Routing;

/// <summary>
/// Who answers which call. A challenger that has no version, or that could not take the call as the champion does, leaves it to the champion. Thread-safe; choosing allocates nothing.
/// </summary>
internal sealed class RouteTable
{
    private readonly StickyHash _hash;
    private readonly Challenger[] _challengers;
    private readonly byte[] _byBucket = new byte[ModelRoute.WholeBasisPoints];

    /// <summary>Makes the table.</summary>
    /// <param name="salt">The salt of the route.</param>
    /// <param name="challengers">Where the versions of the challengers are, and their buckets; at most 255.</param>
    public RouteTable(string salt, IReadOnlyList<(ServingTarget Target, IReadOnlyList<BucketRange> Buckets)> challengers)
    {
        _hash = new StickyHash(salt);
        _challengers = [.. challengers.Select(c => new Challenger(c.Target))];
        for (var i = 0; i < challengers.Count; i++)
        {
            foreach (var range in challengers[i].Buckets)
            {
                _byBucket.AsSpan(range.First, range.Count).Fill((byte)(i + 1));
            }
        }
    }

    /// <summary>Chooses for a call by entity keys.</summary>
    /// <typeparam name="TKeys">The keys.</typeparam>
    /// <typeparam name="TRequest">The request.</typeparam>
    /// <param name="champion">The version that calls come to.</param>
    /// <param name="routingKey">What the caller says in place of the keys; null for nothing.</param>
    /// <param name="keys">The keys.</param>
    /// <returns>The version that answers.</returns>
    /// <exception cref="ArgumentException">A type does not fit the champion's feature service.</exception>
    public ServingVersion Choose<TKeys, TRequest>(ServingVersion champion, EntityValue routingKey, in TKeys keys)
    {
        var bucket = routingKey.IsNull ? champion.Entities.BucketOf<TKeys, TRequest>(_hash, in keys) : BucketOf(routingKey);
        if (Find(bucket) is not { Target.Current: { Outputs: not null } version } challenger)
        {
            return champion;
        }

        if (version.Reader is null)
        {
            challenger.PassOver(version);
            return champion;
        }

        return version.Entities.Fits<TKeys, TRequest>() ? version : champion;
    }

    /// <summary>Chooses for a call whose caller brings the features.</summary>
    /// <param name="champion">The version that calls come to.</param>
    /// <param name="routingKey">What keeps the caller on one variant; null for any.</param>
    /// <returns>The version that answers.</returns>
    public ServingVersion Choose(ServingVersion champion, EntityValue routingKey)
    {
        var bucket = routingKey.IsNull ? EvenSequence.NextBucket() : BucketOf(routingKey);
        if (Find(bucket) is not { Target.Current: { Outputs: not null } version } challenger)
        {
            return champion;
        }

        if (!challenger.TakesRowsOf(champion, version))
        {
            challenger.PassOver(version);
            return champion;
        }

        return version;
    }

    /// <summary>Whether calls came for a challenger that its version could not be asked.</summary>
    /// <param name="target">Where its version is.</param>
    /// <param name="version">The version.</param>
    public bool HasPassedOver(ServingTarget target, ServingVersion version)
    {
        var challenger = Array.Find(_challengers, c => ReferenceEquals(c.Target, target));
        return ReferenceEquals(challenger?.PassedOver, version);
    }

    private int BucketOf(EntityValue key) => _hash.FindBucket(new ReadOnlySpan<EntityValue>(in key));

    private Challenger? Find(int bucket) => bucket >= 0 && _byBucket[bucket] is > 0 and var index ? _challengers[index - 1] : null;

    private sealed class Challenger(ServingTarget target)
    {
        private RowMatch? _match;
        private ServingVersion? _passedOver;

        public ServingTarget Target => target;

        /// <summary>The last version that a call went by because it could not be asked.</summary>
        public ServingVersion? PassedOver => Volatile.Read(ref _passedOver);

        /// <summary>Remembers that a call went by a version; written once for each, so that callers do not contend for it.</summary>
        public void PassOver(ServingVersion version)
        {
            if (!ReferenceEquals(PassedOver, version))
            {
                Volatile.Write(ref _passedOver, version);
            }
        }

        /// <summary>Whether a row for the champion is one for the challenger; found out once for a pair of versions.</summary>
        public bool TakesRowsOf(ServingVersion champion, ServingVersion version)
        {
            var match = Volatile.Read(ref _match);
            if (match is null || !ReferenceEquals(match.Champion, champion) || !ReferenceEquals(match.Version, version))
            {
                match = new RowMatch(champion, version, FeatureLayoutCheck.FindDifference(champion.Inputs.Layout.Columns, version.Inputs.Layout.Columns) is null);
                Volatile.Write(ref _match, match);
            }

            return match.IsSame;
        }
    }

    private sealed record RowMatch(ServingVersion Champion, ServingVersion Version, bool IsSame);
}
