using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

/// <summary>What the label and other columns of a CSV file, which have no declared type, are read as.</summary>
public sealed class CsvColumnTypesTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("yes", "no")]
    [InlineData("Y", "N")]
    [InlineData("t", "f")]
    [InlineData("true", "no")]
    [InlineData("01067", "1067")]
    [InlineData("007", "1.5")]
    [InlineData("00", "1")]
    [InlineData("-07", "-7")]
    public async Task OpenAsync_TextsThatANumberOrTruthValueWouldNotGiveBack_StayTexts(string first, string second)
    {
        var batch = await ReadAsync(first, second);

        foreach (var name in new[] { "label", "other" })
        {
            Assert.Equal([first, second], Enumerable.Range(0, 2).Select(i => Assert.IsType<StringArray>(batch.Column(name)).GetString(i)));
        }
    }

    [Theory]
    [InlineData("true", "FALSE", ArrowTypeId.Boolean)]
    [InlineData("True", "0", ArrowTypeId.Boolean)]
    [InlineData("0", "-7", ArrowTypeId.Int64)]
    [InlineData("0.50", "-0.25", ArrowTypeId.Double)]
    [InlineData("0", "1e05", ArrowTypeId.Double)]
    public async Task OpenAsync_TruthValuesAndNumbers_AreWhatTheyAre(string first, string second, ArrowTypeId expected)
    {
        var batch = await ReadAsync(first, second);

        Assert.Equal([expected, expected], new[] { "label", "other" }.Select(name => batch.Column(name).Data.DataType.TypeId));
    }

    [Fact]
    public async Task OpenAsync_PlusSigns_AreNumbersInTheLabelAndTextsInKeys()
    {
        var batch = await ReadAsync("+1", "-1");

        Assert.Equal([1L, -1L], Assert.IsType<Int64Array>(batch.Column("label")).Values.ToArray());
        Assert.Equal("+1", Assert.IsType<StringArray>(batch.Column("other")).GetString(0));
    }

    [Fact]
    public async Task OpenAsync_DeclaredFeatures_AreWhatIsDeclared()
    {
        var path = Write("x,vip\n007,yes\n+8,f\n");

        var batch = await SyntheticRows.WholeOf(await CsvTrainingSet.OpenAsync([path], new FileColumns { Features = [new("x", FeatureType.Int64), new("vip", FeatureType.Boolean)] }));

        Assert.Equal([7L, 8L], ((Int64Array)batch.Column("x")).Values.ToArray());
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(((BooleanArray)batch.Column("vip")).GetValue));
    }

    [Theory]
    [InlineData(",x,y\n0,1.5,10\n1,2.5,20\n", "Unnamed: 0")]
    [InlineData("x,y,\n1.5,10,0\n2.5,20,1\n", "Unnamed: 2")]
    [InlineData(",Unnamed: 0,x,y\n0,8,1.5,10\n1,9,2.5,20\n", "Unnamed: 0.1")]
    public async Task OpenAsync_ColumnWithoutAName_IsCalledByItsPosition(string text, string unnamed)
    {
        var path = Write(text);

        var batch = await SyntheticRows.WholeOf(await CsvTrainingSet.OpenAsync([path], new FileColumns { Features = [new("x", FeatureType.Float64)], LabelColumn = "y", OtherColumns = [unnamed] }));

        Assert.Equal([1.5, 2.5], ((DoubleArray)batch.Column("x")).Values.ToArray());
        Assert.Equal([10L, 20L], ((Int64Array)batch.Column("y")).Values.ToArray());
        Assert.Equal([0L, 1L], ((Int64Array)batch.Column(unnamed)).Values.ToArray());
    }

    [Fact]
    public async Task OpenAsync_NoColumnHasAName_IsASentence()
    {
        var path = Write(",,\n1,2,3\n");

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => CsvTrainingSet.OpenAsync([path], new FileColumns { Features = [new("x", FeatureType.Float64)] }));

        Assert.Equal($"Expected a header line with column names in '{path}', but found none.", error.Message);
    }

    [Fact]
    public async Task OpenAsync_LinesThatEndDifferently_AreASentence()
    {
        var path = Write("x,y\r\n1,2\n3,4\r\n");

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => CsvTrainingSet.OpenAsync([path], new FileColumns { Features = [new("x", FeatureType.Float64)] }));

        Assert.Equal($"Expected well-formed CSV in '{path}' (UTF-8, all lines ended alike, quotes doubled within quotes), but found something else.", error.Message);
    }

    private async Task<RecordBatch> ReadAsync(string first, string second)
        => await SyntheticRows.WholeOf(await CsvTrainingSet.OpenAsync(
            [Write($"x,label,other\n1,{first},{first}\n2,{second},{second}\n")],
            new FileColumns { Features = [new("x", FeatureType.Int64)], LabelColumn = "label", OtherColumns = ["other"] }));

    private string Write(string text)
    {
        var path = _folder.Combine("a.csv");
        File.WriteAllText(path, text);
        return path;
    }
}
