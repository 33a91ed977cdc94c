using Mlp.Runtime.Routing;
using Mlp.Runtime.Versions;
using static Mlp.Runtime.Tests.Routing.CanaryFixture;

namespace Mlp.Runtime.Tests.Routing;

public sealed class CanaryControllerTests
{
    [Fact]
    public async Task LookAsync_StepNotOver_HoldsAndSaysWhy()
    {
        using var fixture = new CanaryFixture();
        var controller = await fixture.BeginAsync();
        fixture.Call(fixture.Canary, 40);

        Assert.False(await fixture.LookAsync(controller));

        Assert.Equal("The canary has had 40 of 100 calls.", controller.Holding);
        Assert.Equal((100, 0, 2), (fixture.Stored.Route!.FindVariant("canary")!.ShareBasisPoints, fixture.Stored.Route.Canary!.Step, fixture.Stored.Route.Canary.Version));
    }

    [Fact]
    public async Task LookAsync_StepPassed_GivesTheNextShareAndBeginsToCountAnew()
    {
        using var fixture = new CanaryFixture();
        var controller = await fixture.BeginAsync();
        var buckets = fixture.Stored.Route!.FindVariant("canary")!.Buckets;
        fixture.PassStep();

        Assert.True(await fixture.LookAsync(controller));

        var route = fixture.Stored.Route!;
        Assert.Equal((1_000, 1, CanaryStatus.Running), (route.FindVariant("canary")!.ShareBasisPoints, route.Canary!.Step, route.Canary.Status));
        Assert.Equal(fixture.Time.GetUtcNow(), route.Canary.StepStartedAt);
        Assert.Equal(buckets[0], route.FindVariant("canary")!.Buckets[0] with { End = buckets[0].End });
        Assert.StartsWith("Step 1 of 2 is passed: 0 of 100 of the canary's calls failed and 0 of 1000 of the champion's", fixture.Stored.Reason, StringComparison.Ordinal);
        Assert.False(await fixture.LookAsync(controller));
        Assert.Equal("The canary has had 0 of 100 calls.", controller.Holding);
    }

    [Fact]
    public async Task LookAsync_LastStepPassed_MakesTheCanaryTheChampion()
    {
        using var fixture = new CanaryFixture();
        var controller = await fixture.BeginAsync();
        for (var step = 0; step < 2; step++)
        {
            fixture.PassStep();
            Assert.True(await fixture.LookAsync(controller));
            await fixture.LookAsync(controller);
        }

        var champion = fixture.Registry.FindAlias(Name, "champion")!;
        Assert.Equal((2, 1), (champion.Version, champion.PreviousVersion));
        Assert.Equal("Canary 'canary' has passed all 2 steps and becomes champion: version 2.", champion.Reason);
        Assert.Null(fixture.Stored.Route!.Canary);
        Assert.Equal(["other"], fixture.Stored.Route.Variants.Select(v => v.Name));
        Assert.Equal(
            [CanaryStatus.Running, CanaryStatus.Running, CanaryStatus.Running, CanaryStatus.Promoting, null],
            fixture.Registry.ListRouteChanges(Name).Select(c => c.Route!.Canary?.Status));
    }

    [Fact]
    public async Task LookAsync_CanaryFails_GetsNoMoreCallsAndTheReasonIsKept()
    {
        using var fixture = new CanaryFixture();
        var controller = await fixture.BeginAsync();
        fixture.Call(fixture.Champion, 1_000, failures: 2);
        fixture.Call(fixture.Canary, 20, failures: 12);

        Assert.True(await fixture.LookAsync(controller));

        var route = fixture.Stored.Route!;
        Assert.Equal((0, CanaryStatus.Aborted), (route.FindVariant("canary")!.ShareBasisPoints, route.Canary!.Status));
        Assert.StartsWith("Expected at most 5.00 % of the canary's calls to fail, but found 12 of 20", route.Canary.Reason, StringComparison.Ordinal);
        Assert.Equal(route.Canary.Reason, fixture.Stored.Reason);
        Assert.Equal(1, fixture.Registry.FindAlias(Name, "champion")!.Version);
        Assert.False(await fixture.LookAsync(controller));
    }

    [Fact]
    public async Task LookAsync_CanaryIsSlow_IsAborted()
    {
        using var fixture = new CanaryFixture();
        var controller = await fixture.BeginAsync();
        fixture.Call(fixture.Champion, 200, latency: TimeSpan.FromMilliseconds(1));
        fixture.Call(fixture.Canary, 100, latency: TimeSpan.FromMilliseconds(2));
        fixture.Time.Advance(Plan.MinimumDuration);

        Assert.True(await fixture.LookAsync(controller));

        Assert.StartsWith("Expected the canary's median of latency to be at most 1.5 times the champion's", fixture.Stored.Route!.Canary!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LookAsync_TwoProcessesSeeTheSameStep_OneMovesIt()
    {
        using var fixture = new CanaryFixture();
        var first = await fixture.BeginAsync();
        var second = fixture.Judge();
        Assert.False(await fixture.LookAsync(second));
        var seen = fixture.Stored;
        fixture.PassStep();

        Assert.True(await fixture.LookAsync(first, seen));
        Assert.True(await fixture.LookAsync(second, seen), "It was another process's move, and there is a new route to look at.");

        Assert.Equal((seen.Revision + 1, 1), (fixture.Stored.Revision, fixture.Stored.Route!.Canary!.Step));
        Assert.False(await fixture.LookAsync(second));
        Assert.Equal("The canary has had 0 of 100 calls.", second.Holding);
    }

    [Fact]
    public async Task LookAsync_PromotionThatACrashLeftHalfDone_IsFinished()
    {
        using var fixture = new CanaryFixture();
        await fixture.BeginAsync();
        var route = fixture.Stored.Route!;
        await fixture.Registry.SetRouteAsync(Name, route with { Canary = route.Canary! with { Status = CanaryStatus.Promoting, ChampionRevision = 1 } }, fixture.Stored.Revision);

        Assert.True(await fixture.LookAsync(fixture.Judge()));

        Assert.Equal(2, fixture.Registry.FindAlias(Name, "champion")!.Version);
        Assert.Null(fixture.Stored.Route!.Canary);
    }

    [Fact]
    public async Task LookAsync_ChampionMovedBySomebodyElseDuringThePromotion_IsAborted()
    {
        using var fixture = new CanaryFixture();
        await fixture.BeginAsync();
        var route = fixture.Stored.Route!;
        await fixture.Registry.SetRouteAsync(Name, route with { Canary = route.Canary! with { Status = CanaryStatus.Promoting, ChampionRevision = 1 } }, fixture.Stored.Revision);
        await fixture.Registry.SetAliasAsync(Name, "champion", 3, 1, "hot fix");

        Assert.True(await fixture.LookAsync(fixture.Judge()));

        Assert.Equal(3, fixture.Registry.FindAlias(Name, "champion")!.Version);
        Assert.Equal((CanaryStatus.Aborted, 0), (fixture.Stored.Route!.Canary!.Status, fixture.Stored.Route.FindVariant("canary")!.ShareBasisPoints));
        Assert.Contains("somebody else has moved it", fixture.Stored.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LookAsync_CanaryMovesToAnotherVersion_BeginsAnew()
    {
        using var fixture = new CanaryFixture();
        var controller = await fixture.BeginAsync();
        fixture.PassStep();
        Assert.True(await fixture.LookAsync(controller));
        Assert.Equal(1, fixture.Stored.Route!.Canary!.Step);

        await fixture.Registry.SetAliasAsync(Name, "next", 3, 1);
        Assert.False(await fixture.LookAsync(controller));
        Assert.Equal("This process is about to load another version.", controller.Holding);
        fixture.PublishCanary(3);
        Assert.True(await fixture.LookAsync(controller));

        Assert.Equal((0, 3, 100), (fixture.Stored.Route!.Canary!.Step, fixture.Stored.Route.Canary.Version, fixture.Stored.Route.FindVariant("canary")!.ShareBasisPoints));
    }

    [Fact]
    public async Task LookAsync_ChampionIsAFixedVersion_HoldsAtTheEndAndSaysWhy()
    {
        using var fixture = new CanaryFixture(VersionSelector.FromVersion(1));
        var controller = await fixture.BeginAsync(Plan with { StepBasisPoints = [100] });
        fixture.PassStep();

        Assert.False(await fixture.LookAsync(controller));

        Assert.EndsWith("It is not promoted, because the model serves version 1: a promotion moves an alias.", controller.Holding, StringComparison.Ordinal);
        Assert.Equal(CanaryStatus.Running, fixture.Stored.Route!.Canary!.Status);
    }

    [Fact]
    public async Task LookAsync_CallersWhoGiveUp_AreNotHeldAgainstTheCanary()
    {
        using var fixture = new CanaryFixture();
        var controller = await fixture.BeginAsync();
        var version = fixture.Canary.Current!;
        for (var i = 0; i < 50; i++)
        {
            Assert.True(version.Singles.TryRent(out var slot));
            Assert.ThrowsAny<OperationCanceledException>(() => version.Features.Predict(slot, new Mlp.Runtime.Inference.CallContext(0, 0, 0, default), [1], new CancellationToken(canceled: true)));
        }

        Assert.False(await fixture.LookAsync(controller));
        Assert.Equal("The canary has had 0 of 100 calls.", controller.Holding);
    }
}
