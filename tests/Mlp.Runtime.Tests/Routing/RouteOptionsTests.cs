using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Tests.Routing;

public sealed class RouteOptionsTests
{
    [Fact]
    public void Bind_Configuration_IsTheRouteThatTheSentenceSays()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Alias"] = "champion",
            ["Route:Challengers:challenger:Share"] = "0.1",
            ["Route:Challengers:old:Share"] = "0.05",
            ["Route:Challengers:old:Version"] = "3",
            ["Route:Shadows:candidate:SampleRate"] = "0.5",
            ["Route:Salt"] = "spring",
            ["Route:ShadowQueueLength"] = "64",
        }).Build();
        var bound = new ModelOptions();
        configuration.Bind(bound);
        var said = new ModelOptions().FromAlias("champion").WithChallenger("challenger", share: 0.1).WithChallenger("old", 0.05, 3).WithShadow("candidate", sampleRate: 0.5);
        said.Route.Salt = "spring";

        var (left, right) = (bound.Route.ToRoute(), said.Route.ToRoute());

        Assert.Equal(right.Variants.Select(v => (v.Name, v.Target, v.ShareBasisPoints)), left.Variants.Select(v => (v.Name, v.Target, v.ShareBasisPoints)));
        Assert.Equal([new BucketRange(0, 1_000)], left.Variants[0].Buckets);
        Assert.Equal(right.Shadows, left.Shadows);
        Assert.Equal(("spring", 64), (left.Salt, bound.Route.ShadowQueueLength));
        Assert.Empty(Problems(bound));
    }

    [Fact]
    public void Validate_WhatIsNoRoute_IsASentence()
    {
        Assert.Equal("Route:Challengers:a:Share must be between 0 and 1 in steps of 0.0001, but is 5E-05.", Problem(o => o.Route.Challengers["a"] = new ChallengerOptions { Share = 0.00005 }));
        Assert.Equal("Route:Shadows:a:SampleRate must be above 0 and at most 1, but is 2.", Problem(o => o.WithShadow("a", 2)));
        Assert.Equal(
            "Route:Challengers:a:Alias must be 1 to 100 lower-case letters a to z, digits, '-', '_' and '.', with a letter or digit first and no '.' last, but is 'Nope!'.",
            Problem(o => o.Route.Challengers["a"] = new ChallengerOptions { Share = 0.5, Alias = "Nope!" }));
        Assert.Equal(
            "Route:Shadows:a:Alias must be no device of Windows, which keeps con, prn, aux, nul, com0 to com9 and lpt0 to lpt9, but is 'nul'.",
            Problem(o => o.Route.Shadows["a"] = new ShadowOptions { SampleRate = 1, Alias = "nul" }));
        Assert.Equal("Expected challengers with other names than the champion, but found 'champion'.", Problem(o => o.WithChallenger("champion", 0.1)));
        Assert.Equal(
            "Expected a model with challengers or shadows to be loaded AtStart, but found OnFirstCall.",
            Problem(o => o.WithShadow("a").Loading = ModelLoading.OnFirstCall));
    }

    [Fact]
    public void FindFailures_SettingsOfRouteAndBatching_AreOneSentenceEachByTheirPath()
    {
        var options = new ModelOptions();
        options.Route.ShadowQueueLength = 1;
        options.Batching.MaximumBatchSize = 1;
        options.Route.Challengers["a"] = new ChallengerOptions { Share = 2 };

        Assert.Equal(
            [
                "MlPlatform:Models:m:Batching:MaximumBatchSize must be between 2 and 1024, but is 1.",
                "MlPlatform:Models:m:Route:Challengers:a:Share must be between 0 and 1 in steps of 0.0001, but is 2.",
                "MlPlatform:Models:m:Route:ShadowQueueLength must be between 2 and 65536, but is 1.",
            ],
            SettingsRanges.FindFailures("MlPlatform:Models:m", options).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(0.00015)]
    [InlineData(double.NaN)]
    public void WithChallenger_ShareThatIsNone_Throws(double share)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new ModelOptions().WithChallenger("a", share));

    private static string Problem(Action<ModelOptions> configure)
    {
        var options = new ModelOptions();
        configure(options);
        return Assert.Single(Problems(options));
    }

    private static List<string> Problems(ModelOptions options) => [.. options.Validate(new ValidationContext(options)).Select(r => r.ErrorMessage!)];
}
