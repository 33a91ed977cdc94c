using System.Text.RegularExpressions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Tests.Storage;

public sealed class EnumTermsTests
{
    [Fact]
    public void Of_EveryMember_HasAWordOfItsOwnThatReadsBack()
    {
        Check<FeatureType>();
        Check<TensorElementKind>();
        Check<ModelTask>();
        Check<JoinMode>();
        Check(EntityValueKind.Null);
    }

    [Fact]
    public void Of_TypesThatMeanTheSame_IsTheSameWord()
    {
        Assert.All(
            Enum.GetValues<FeatureType>(), type => Assert.Equal(EnumTerms<FeatureType>.Of(type), EnumTerms<TensorElementKind>.Of(FeatureBinding.ElementKindOf(type))));

        Assert.Equal(EnumTerms<FeatureType>.Of(FeatureType.Int64), EnumTerms<EntityValueKind>.Of(EntityValueKind.Int64));
        Assert.Equal(EnumTerms<FeatureType>.Of(FeatureType.String), EnumTerms<EntityValueKind>.Of(EntityValueKind.String));
    }

    [Fact]
    public void Of_TaskOfTwoWords_IsJoinedByAHyphen() => Assert.Equal("binary-classification", EnumTerms<ModelTask>.Of(ModelTask.BinaryClassification));

    [Fact]
    public void Of_MemberWithoutAWord_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => EnumTerms<EntityValueKind>.Of(EntityValueKind.Null));

    [Theory]
    [InlineData("Float32")]
    [InlineData("1")]
    [InlineData("")]
    [InlineData(null)]
    public void Find_NoWord_IsNull(string? term) => Assert.Null(EnumTerms<FeatureType>.Find(term));

    private static void Check<T>(params T[] without)
        where T : struct, Enum
    {
        var members = Enum.GetValues<T>().Except(without).ToList();
        Assert.Equal(members.Count, EnumTerms<T>.All.Distinct(StringComparer.Ordinal).Count());
        foreach (var member in members)
        {
            var term = EnumTerms<T>.Of(member);
            Assert.Matches(new Regex("^[a-z0-9]+(-[a-z0-9]+)*$"), term);
            Assert.Equal(member, EnumTerms<T>.Find(term));
        }
    }
}
