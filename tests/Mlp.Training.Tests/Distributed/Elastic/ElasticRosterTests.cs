using FsCheck;
using FsCheck.Xunit;
using Mlp.Training.Distributed.Elastic;

namespace Mlp.Training.Tests.Distributed.Elastic;

public sealed class ElasticRosterTests
{
    [Theory]
    [InlineData(3, "01", "", true)]
    [InlineData(3, "1", "", false)]
    [InlineData(4, "01", "", true)]
    [InlineData(4, "12", "", false)]
    [InlineData(4, "12", "0", true)]
    [InlineData(2, "1", "", false)]
    [InlineData(2, "1", "0", true)]
    [InlineData(2, "0", "", true)]
    [InlineData(5, "4", "0123", true)]
    [InlineData(3, "", "012", false)]
    public void IsMajority_SomeOfSome_FollowsTheRule(int count, string present, string ended, bool expected)
        => Assert.Equal(expected, Roster(count).IsMajority(id => present.Contains(id, StringComparison.Ordinal), id => ended.Contains(id, StringComparison.Ordinal)));

    [Property]
    public bool IsMajority_TwoPartsThatCannotSeeEachOther_OneAtMost(byte size, int parts, int ended)
    {
        var roster = Roster(1 + (size % 10));
        bool HasEnded(string id) => ((ended >> int.Parse(id, System.Globalization.CultureInfo.InvariantCulture)) & 1) == 1;
        bool InFirst(string id) => !HasEnded(id) && ((parts >> int.Parse(id, System.Globalization.CultureInfo.InvariantCulture)) & 1) == 1;
        bool InSecond(string id) => !HasEnded(id) && !InFirst(id);

        return !(roster.IsMajority(InFirst, HasEnded) && roster.IsMajority(InSecond, HasEnded));
    }

    private static ElasticRoster Roster(int count) => new("r", 1, [.. Enumerable.Range(0, count).Select(i => new ElasticMember { Id = FormattableString.Invariant($"{i}"), Title = "" })]);
}
