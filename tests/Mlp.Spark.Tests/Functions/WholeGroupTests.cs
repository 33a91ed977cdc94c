using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Tests.Functions;

public sealed class WholeGroupTests
{
    [Fact]
    public void Read_SeveralBatches_AreOneWithTheirNullsToo()
    {
        var whole = Assert.Single(WholeGroup.Read([Batch(1, 2), Batch(3)]));

        Assert.Equal(3, whole.Length);
        Assert.Equal([1L, 2L, 3L], ((Int64Array)whole.Column(0)).Values);
        Assert.Equal((3, 3), (Assert.IsType<NullArray>(whole.Column(1)).Length, whole.Column(1).NullCount));
    }

    private static RecordBatch Batch(params long[] ids)
        => new(
            new Schema([new Field("id", Int64Type.Default, nullable: false), new Field("nothing", NullType.Default, nullable: true)], null),
            [new Int64Array.Builder().AppendRange(ids).Build(), new NullArray(ids.Length)],
            ids.Length);
}
