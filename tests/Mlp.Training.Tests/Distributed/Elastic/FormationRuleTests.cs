using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Elastic;

namespace Mlp.Training.Tests.Distributed.Elastic;

public sealed class FormationRuleTests
{
    private static readonly ElasticGroupOptions Options = new() { MinimumMembers = 2, MaximumMembers = 6, WaitForReplacement = TimeSpan.FromSeconds(20), WaitForMinimum = TimeSpan.FromSeconds(60) };

    [Theory]
    [InlineData(4, 0, true, 0, "Form")]
    [InlineData(3, 1, true, 0, "Wait")]
    [InlineData(3, 0, true, 19, "Wait")]
    [InlineData(3, 0, true, 20, "Form")]
    [InlineData(4, 0, false, 30, "Wait")]
    [InlineData(4, 0, false, 60, "NoMajority")]
    [InlineData(1, 0, true, 59, "Wait")]
    [InlineData(1, 0, true, 60, "BelowMinimum")]
    [InlineData(9, 0, true, 0, "Form")]
    public void Decide_AfterALoss_FollowsTheLimits(int present, int awaited, bool isMajority, int seconds, string expected)
        => Assert.Equal(expected, new FormationRule(Options, 4, false).Decide(present, awaited, isMajority, TimeSpan.FromSeconds(seconds)).ToString());

    [Theory]
    [InlineData(3, 1, 0, "Wait")]
    [InlineData(4, 0, 0, "Form")]
    [InlineData(4, 1, 0, "Form")]
    [InlineData(3, 0, 19, "Wait")]
    [InlineData(3, 0, 20, "Form")]
    [InlineData(1, 0, 20, "Wait")]
    [InlineData(3, 1, 300, "Form")]
    [InlineData(1, 3, 300, "BelowMinimum")]
    public void Decide_AtTheBeginning_WaitsForAllWhoHaveNotEndedOrForTheLimit(int present, int awaited, int seconds, string expected)
        => Assert.Equal(expected, new FormationRule(Options, 4, true).Decide(present, awaited, true, TimeSpan.FromSeconds(seconds)).ToString());

    [Theory]
    [InlineData(1, 0, "Wait")]
    [InlineData(2, 0, "Form")]
    [InlineData(1, 300, "BelowMinimum")]
    public void Decide_FewerBeginThanTheMinimum_WaitsForMore(int present, int seconds, string expected)
        => Assert.Equal(expected, new FormationRule(Options, 1, true).Decide(present, 0, true, TimeSpan.FromSeconds(seconds)).ToString());

    [Fact]
    public void Decide_MoreThanFitAreGone_WaitsForNoMoreThanFit()
        => Assert.Equal(FormationStep.Form, new FormationRule(Options, 9, false).Decide(6, 0, true, TimeSpan.Zero));

    [Fact]
    public void ElasticGroup_OptionsThatDoNotFit_SaysWhich()
    {
        var error = Assert.Throws<ArgumentException>(() => ElasticGroup.CreateInProcess(2, new() { MinimumMembers = 3, MaximumMembers = 2 }));

        Assert.Contains("ElasticGroupOptions.MaximumMembers must be at least MinimumMembers, which is 3, but is 2.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CollectiveTransport.Mpi)]
    [InlineData(CollectiveTransport.Nccl)]
    public void ElasticGroup_BackendThatDoesNotOutliveARank_IsRefused(CollectiveTransport backend)
    {
        var error = Assert.Throws<ArgumentException>(() => new ElasticGroup(new() { Group = new() { Backend = backend } }));

        Assert.Equal($"Expected ElasticGroupOptions.Group.Backend to be Auto or Tcp, but found {backend}, which does not outlive the loss of a rank.", error.Message);
    }
}
