namespace Mlp.Features.Online;

/// <summary>The hot tiers of the process, for whoever measures. Thread-safe.</summary>
internal static class HotTierSizes
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<HotTier> Tiers = [];

    /// <summary>Bytes of the rows that all of them hold.</summary>
    internal static long Sum()
    {
        lock (Gate)
        {
            return Tiers.Sum(tier => tier.LiveLength);
        }
    }

    /// <summary>Measures a tier until it is removed.</summary>
    /// <param name="tier">The tier.</param>
    internal static void Add(HotTier tier)
    {
        lock (Gate)
        {
            Tiers.Add(tier);
        }
    }

    /// <summary>Measures a tier no more.</summary>
    /// <param name="tier">The tier.</param>
    internal static void Remove(HotTier tier)
    {
        lock (Gate)
        {
            Tiers.Remove(tier);
        }
    }
}
