using Mlp.Spark.Commands;
using Mlp.Spark.Functions;

namespace Mlp.Spark.Tests.Functions;

public sealed class MethodPlanTests
{
    [Fact]
    public void OutputsOf_Columns_AreThoseThatTheWorkerCompares()
    {
        var outputs = MethodPlan.OutputsOf("id BIGINT, `a b`: decimal(5), list array<integer>");

        Assert.Equal([new("id", "bigint"), new("a b", "decimal(5,0)"), new("list", "array<int>")], outputs!);
    }

    [Theory]
    [InlineData("id varchar(3)")]
    [InlineData("id bigint not null")]
    [InlineData("id bigint, id int")]
    public void OutputsOf_TextThatOnlySparkReads_AreNone(string columns) => Assert.Null(MethodPlan.OutputsOf(columns));
}
