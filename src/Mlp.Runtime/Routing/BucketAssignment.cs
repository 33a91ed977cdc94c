namespace Mlp.Runtime.Routing;

/// <summary>
/// Deals the 10,000 buckets out to the challengers of a route so that as few as possible change hands: a variant keeps the buckets it had as far as its share allows, gives back the last ones
/// first, and takes the lowest ones that are free. What nobody has is the champion's. Pure functions.
/// </summary>
internal static class BucketAssignment
{
    /// <summary>Assigns the buckets of a route.</summary>
    /// <param name="route">The route.</param>
    /// <param name="previous">The route before it; null for the first.</param>
    /// <returns>The route with as many buckets for each variant as its share says.</returns>
    public static ModelRoute Assign(ModelRoute route, ModelRoute? previous)
    {
        var kept = route.Variants.Select(v => Shrink(previous?.FindVariant(v.Name)?.Buckets ?? [], v.ShareBasisPoints)).ToArray();
        var isTaken = new bool[ModelRoute.WholeBasisPoints];
        foreach (var range in kept.SelectMany(ranges => ranges))
        {
            isTaken.AsSpan(range.First, range.Count).Fill(true);
        }

        return route with { Variants = [.. route.Variants.Select((v, i) => v with { Buckets = Grow(kept[i], v.ShareBasisPoints, isTaken) })] };
    }

    /// <summary>Whether the variants of a route have the buckets that their shares say, no bucket twice.</summary>
    /// <param name="route">The route.</param>
    public static bool IsWhole(ModelRoute route)
    {
        var isTaken = new bool[ModelRoute.WholeBasisPoints];
        foreach (var variant in route.Variants)
        {
            foreach (var range in variant.Buckets)
            {
                if (range.First < 0 || range.End > isTaken.Length || range.First >= range.End || isTaken.AsSpan(range.First, range.Count).Contains(true))
                {
                    return false;
                }

                isTaken.AsSpan(range.First, range.Count).Fill(true);
            }

            if (variant.Buckets.Sum(r => r.Count) != variant.ShareBasisPoints)
            {
                return false;
            }
        }

        return true;
    }

    private static List<BucketRange> Shrink(IReadOnlyList<BucketRange> ranges, int count)
    {
        var kept = new List<BucketRange>();
        foreach (var range in ranges)
        {
            var length = Math.Min(range.Count, count);
            if (length > 0)
            {
                kept.Add(new BucketRange(range.First, range.First + length));
                count -= length;
            }
        }

        return kept;
    }

    private static List<BucketRange> Grow(List<BucketRange> ranges, int count, bool[] isTaken)
    {
        var missing = count - ranges.Sum(r => r.Count);
        for (var first = 0; missing > 0; first++)
        {
            // The shares sum up to all buckets at most, so enough are free.
            first += isTaken.AsSpan(first).IndexOf(false);
            var run = isTaken.AsSpan(first).IndexOf(true);
            var length = Math.Min(missing, run < 0 ? isTaken.Length - first : run);
            isTaken.AsSpan(first, length).Fill(true);
            ranges = Append(ranges, new BucketRange(first, first + length));
            missing -= length;
            first += length - 1;
        }

        return ranges;
    }

    private static List<BucketRange> Append(List<BucketRange> ranges, BucketRange range)
    {
        if (ranges.Count > 0 && ranges[^1].End == range.First)
        {
            return [.. ranges[..^1], ranges[^1] with { End = range.End }];
        }

        return [.. ranges, range];
    }
}
