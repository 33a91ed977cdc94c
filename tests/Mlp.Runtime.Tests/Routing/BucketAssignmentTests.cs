using FsCheck.Xunit;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Tests.Routing;

public sealed class BucketAssignmentTests
{
    [Fact]
    public void Assign_ShareThatGrows_KeepsWhatItHadAndTakesTheNextOnes()
    {
        var ten = BucketAssignment.Assign(ModelRoute.ChampionOnly.WithChallenger("b", 0.1), null);
        var twenty = BucketAssignment.Assign(ten.WithChallenger("b", 0.2), ten);

        Assert.Equal([new BucketRange(0, 1_000)], ten.FindVariant("b")!.Buckets);
        Assert.Equal([new BucketRange(0, 2_000)], twenty.FindVariant("b")!.Buckets);
    }

    [Fact]
    public void Assign_TwoChallengersOfWhichOneGrows_TakesFromTheChampionAlone()
    {
        var before = BucketAssignment.Assign(ModelRoute.ChampionOnly.WithChallenger("b", 0.1).WithChallenger("c", 0.2), null);
        var after = BucketAssignment.Assign(before.WithChallenger("b", 0.15), before);

        Assert.Equal([new BucketRange(0, 1_000), new BucketRange(3_000, 3_500)], after.FindVariant("b")!.Buckets);
        Assert.Equal(before.FindVariant("c")!.Buckets, after.FindVariant("c")!.Buckets);
    }

    /// <summary>Any history of shares: every variant has its share, none shares a bucket, and no bucket moves that need not.</summary>
    [Property(MaxTest = 200)]
    public void Assign_AnyHistory_MovesAsFewBucketsAsPossible((byte Variant, ushort Share)[] history)
    {
        var route = ModelRoute.ChampionOnly;
        foreach (var (variant, share) in history)
        {
            var name = $"v{variant % 4}";
            var others = route.Variants.Where(v => v.Name != name).Sum(v => v.ShareBasisPoints);
            var points = Math.Min(share % 4_000, ModelRoute.WholeBasisPoints - others);
            var next = BucketAssignment.Assign(route.WithChallenger(name, points / 10_000.0), route);

            Assert.True(BucketAssignment.IsWhole(next));
            foreach (var known in route.Variants)
            {
                var (before, after) = (Buckets(known), Buckets(next.FindVariant(known.Name)!));
                Assert.Equal(Math.Min(before.Count, after.Count), before.Intersect(after).Count());
            }

            route = next;
        }
    }

    [Fact]
    public void IsWhole_BucketsThatAreNotTheShare_IsFalse()
    {
        var route = BucketAssignment.Assign(ModelRoute.ChampionOnly.WithChallenger("b", 0.1), null);

        Assert.True(BucketAssignment.IsWhole(route));
        Assert.False(BucketAssignment.IsWhole(route.WithChallenger("b", 0.2)));
        Assert.False(BucketAssignment.IsWhole(route.Replace(route.FindVariant("b")! with { Buckets = [new(-1, 999)] })));
        Assert.False(BucketAssignment.IsWhole(route.Replace(route.FindVariant("b")! with { Buckets = [new(0, 600), new(599, 999)] })));
    }

    private static HashSet<int> Buckets(RouteVariant variant) => [.. variant.Buckets.SelectMany(r => Enumerable.Range(r.First, r.Count))];
}
