using Mlp.Spark.Commands;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Tests.Scoring;

public sealed class ScoreProjectionTests
{
    private static readonly Relation Table = new() { Range = new() { End = 1, Step = 1 } };
    private static readonly Expression Function = new() { CommonInlineUserDefinedFunction = new() { FunctionName = "f" } };
    private static readonly OutputColumn Score = new("score", "double", "score");

    [Fact]
    public void Of_OneAnswer_StandsBehindTheKeptColumns()
    {
        var table = ScoreProjection.Of(Table, ["id", "a`b"], [Score], Function);

        Assert.Equal(Table, table.Project.Input);
        Assert.Equal(["id", "`a``b`", "score"], table.Project.Expressions.Select(Describe));
        Assert.Equal(Function, table.Project.Expressions[2].Alias.Expr);
    }

    [Fact]
    public void Of_SeveralAnswers_AreFieldsOfOneColumnThatNobodyElseHas()
    {
        OutputColumn[] outputs = [Score, new("p_a", "double", "probability_a"), new("p_A", "double", "probability_A")];

        var table = ScoreProjection.Of(Table, ["id", "_ANSWERS"], outputs, Function);

        var answers = table.Project.Input.Project;
        Assert.Equal(Table, answers.Input);
        Assert.Equal(["id", "_ANSWERS", "__answers"], answers.Expressions.Select(Describe));
        Assert.Equal(["id", "_ANSWERS", "score", "p_a", "p_A"], table.Project.Expressions.Select(Describe));
        Assert.Equal(["__answers._0", "__answers._1", "__answers._2"], table.Project.Expressions.Skip(2).Select(e => Describe(e.Alias.Expr)));
        Assert.Equal(["_0", "_1", "_2"], ScoreProjection.Number(outputs).Select(o => o.Name));
        Assert.Equal(outputs.Select(o => (o.Type, o.Value)), ScoreProjection.Number(outputs).Select(o => (o.Type, o.Value)));
    }

    private static string Describe(Expression expression) => expression.Alias?.Name[0] ?? expression.UnresolvedAttribute.UnparsedIdentifier;
}
