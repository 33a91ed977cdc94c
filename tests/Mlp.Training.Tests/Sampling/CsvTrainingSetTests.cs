using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Sampling;
using Mlp.Training.Tests.Trees;

namespace Mlp.Training.Tests.Sampling;

public sealed class CsvTrainingSetTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [ReferenceDataFact(RealRows.Adult)]
    public async Task OpenAsync_Adult_HasTheRowsOfTheFileInOrder()
    {
        var expected = RealRows.ReadAdult(hasTextLabels: true);

        var set = await CsvTrainingSet.OpenAsync(
            [ReferenceData.Find(RealRows.Adult)!], new FileColumns { Features = expected.Manifest.Features, LabelColumn = "income" }, new CsvOptions { NullText = "?" });

        Assert.Equal((expected.Manifest.RowCount, expected.Manifest.ContentHash), (set.Manifest.RowCount, set.Manifest.ContentHash));
        Assert.Equal(30_162, set.Manifest.RowCount);
    }

    [ReferenceDataFact(RealRows.Bike)]
    public async Task OpenAsync_Bike_HasNumbersAndAnIntegerLabel()
    {
        var expected = await SyntheticRows.WholeOf(RealRows.ReadBike());

        var set = await CsvTrainingSet.OpenAsync(
            [ReferenceData.Find(RealRows.Bike)!],
            new FileColumns { Features = [.. RealRows.BikeFeatures.Select(f => new FeatureColumn(f, FeatureType.Float64))], LabelColumn = "count", OtherColumns = ["instant"] });

        var row = 0;
        await foreach (var batch in set.ReadAsync())
        {
            using (batch)
            {
                for (var i = 0; i < batch.Length; i++, row++)
                {
                    Assert.Equal(row + 1, ((Int64Array)batch.Column("instant")).GetValue(i));
                    Assert.Equal(((FloatArray)expected.Column("count")).GetValue(row), ((Int64Array)batch.Column("count")).GetValue(i));
                    Assert.Equal(((DoubleArray)expected.Column("feelingTemp")).GetValue(row), ((DoubleArray)batch.Column("feelingTemp")).GetValue(i));
                }
            }
        }

        Assert.Equal(expected.Length, row);
    }

    [Fact]
    public async Task ReadAsync_FileThatSeveralThreadsParse_KeepsTheOrder()
    {
        // DuckDB hands parts of a large file to its threads.
        const int Count = 1_500_000;
        var path = _folder.Combine("large.csv");
        using (var session = DuckDbSession.Open(new DuckDbSettings(256 << 20, 2, _folder.FullName)))
        {
            session.Execute($"COPY (SELECT i AS id, 'a text that makes rows longer' AS note FROM range(0, {Count}) r(i)) TO {SqlText.Text(path)} (FORMAT csv)");
        }

        Assert.InRange(new FileInfo(path).Length, 50_000_000, 100_000_000);
        var set = await CsvTrainingSet.OpenAsync([path], new FileColumns { Features = [new("id", FeatureType.Int64)] });

        var next = 0L;
        await foreach (var batch in set.ReadAsync())
        {
            using (batch)
            {
                var ids = ((Int64Array)batch.Column("id")).Values;
                for (var row = 0; row < ids.Length; row++, next++)
                {
                    if (ids[row] != next)
                    {
                        Assert.Fail($"Expected row {next}, but found {ids[row]}.");
                    }
                }
            }
        }

        Assert.Equal(Count, next);
    }

    [Fact]
    public async Task OpenAsync_QuotedTextsAndNulls_AreKeptApart()
    {
        var path = Write("a.csv", "x,city,vip,v", "1.5,\"Bonn, \"\"am\"\" Rhein\",true,\"[1, 2]\"", ",,,", "2,\"\",false,\"[3, 4]\"", "-3e1,\"two", "lines\",true,");

        var set = await CsvTrainingSet.OpenAsync([path], new FileColumns
        {
            Features = [new("x", FeatureType.Float32), new("city", FeatureType.String), new("vip", FeatureType.Boolean), new("v", FeatureType.Float32) { Length = 2 }],
        });

        var batch = await SyntheticRows.WholeOf(set);
        Assert.Equal([1.5f, null, 2f, -30f], Enumerable.Range(0, 4).Select(((FloatArray)batch.Column("x")).GetValue));
        Assert.Equal(["Bonn, \"am\" Rhein", null, string.Empty, "two\nlines"], Enumerable.Range(0, 4).Select(i => ((StringArray)batch.Column("city")).GetString(i)));
        Assert.Equal([true, null, false, true], Enumerable.Range(0, 4).Select(((BooleanArray)batch.Column("vip")).GetValue));
        var vectors = (FixedSizeListArray)batch.Column("v");
        Assert.Equal((false, true, false, true), (vectors.IsNull(0), vectors.IsNull(1), vectors.IsNull(2), vectors.IsNull(3)));
        Assert.Equal(4f, ((FloatArray)vectors.Values).GetValue(5));
    }

    [Fact]
    public async Task OpenAsync_OtherMarks_AreTaken()
    {
        var path = Write("a.csv", "x;city", "1;'a;b'", "NA;NA");

        var batch = await SyntheticRows.WholeOf(await CsvTrainingSet.OpenAsync(
            [path], new FileColumns { Features = [new("x", FeatureType.Int64), new("city", FeatureType.String)] }, new CsvOptions { Delimiter = ';', Quote = '\'', NullText = "NA" }));

        Assert.Equal([1L, null], Enumerable.Range(0, 2).Select(((Int64Array)batch.Column("x")).GetValue));
        Assert.Equal(["a;b", null], Enumerable.Range(0, 2).Select(i => ((StringArray)batch.Column("city")).GetString(i)));
    }

    [Fact]
    public async Task OpenAsync_ColumnsWithoutADeclaredType_AreWhatAllTheirTextsAre()
    {
        string[] files =
        [
            Write("a.csv", "x,whole,fraction,truth,text,w,empty", "1,1,1,true,1,1,", "2,,2.5,false,2,2,"),
            Write("b.csv", "text,x,fraction,truth,whole,empty,w", "one,3,3,true,-3,,0.5"),
        ];

        var set = await CsvTrainingSet.OpenAsync(files, new FileColumns
        {
            Features = [new("x", FeatureType.Float32)],
            LabelColumn = "whole",
            OtherColumns = ["fraction", "truth", "text", "empty"],
            WeightColumn = "w",
        });

        Assert.Equal(
            [("x", ArrowTypeId.Float), ("fraction", ArrowTypeId.Double), ("truth", ArrowTypeId.Boolean), ("text", ArrowTypeId.String), ("empty", ArrowTypeId.Int64), ("whole", ArrowTypeId.Int64), ("w", ArrowTypeId.Double)],
            set.Schema.FieldsList.Select(f => (f.Name, f.DataType.TypeId)));
        Assert.Equal((3L, "w"), (set.Manifest.RowCount, set.Manifest.WeightColumn));
        var labels = (await SyntheticRows.WholeOf(set)).Column("whole");
        Assert.Equal([1L, null, -3L], Enumerable.Range(0, 3).Select(((Int64Array)labels).GetValue));
    }

    [Fact]
    public async Task OpenAsync_Times_AreMicroseconds()
    {
        var path = Write("a.csv", "born,at,n", "1970-01-02,1970-01-01T00:00:01Z,7", ",1970-01-01 01:00:00.000001+01:00,8");

        var set = await CsvTrainingSet.OpenAsync([path], new FileColumns { Features = [new("born", FeatureType.Int64), new("n", FeatureType.Int64)], TimeColumn = "at" });

        var batch = await SyntheticRows.WholeOf(set);
        Assert.Equal([86_400_000_000L, null], Enumerable.Range(0, 2).Select(((Int64Array)batch.Column("born")).GetValue));
        Assert.Equal([1_000_000L, 1L], Enumerable.Range(0, 2).Select(((Int64Array)batch.Column("at")).GetValue));
        Assert.Equal([7L, 8L], Enumerable.Range(0, 2).Select(((Int64Array)batch.Column("n")).GetValue));
    }

    [Theory]
    [InlineData(FeatureType.Int64, "1.5", "whole numbers of 64 bits, or times alone,")]
    [InlineData(FeatureType.Int64, "2026-01-01", "whole numbers of 64 bits, or times alone,")]
    [InlineData(FeatureType.Float32, "1e39", "numbers of 32 bits")]
    [InlineData(FeatureType.Float64, "secret", "numbers")]
    [InlineData(FeatureType.Boolean, "maybe", "true or false")]
    public async Task OpenAsync_TextDoesNotFit_NamesFileColumnAndLineButNotTheText(FeatureType type, string bad, string expected)
    {
        string[] files = [Write("a.csv", "id,x", "0,1", "1,0"), Write("b.csv", "note,x,id", "\"two", "lines\",1,2", "none,0,3", $"none,{bad},4")];

        var e = await Assert.ThrowsAsync<TrainingDataException>(
            () => CsvTrainingSet.OpenAsync(files, new FileColumns { Features = [new("x", type)], OtherColumns = ["id"] }));

        Assert.Equal($"Expected {expected} in column 'x' of '{files[1]}', but line 5 holds another text. If it stands for no value, say so: CsvOptions.NullText.", e.Message);
        Assert.Equal(("x", 4L), (e.Column, e.Row));
    }

    [Fact]
    public async Task OpenAsync_VectorOfAnotherLength_IsASentence()
    {
        var path = Write("a.csv", "v", "\"[1, 2]\"", "\"[1]\"");

        var e = await Assert.ThrowsAsync<TrainingDataException>(() => CsvTrainingSet.OpenAsync([path], new FileColumns { Features = [new("v", FeatureType.Float32) { Length = 2 }] }));

        Assert.StartsWith($"Expected lists of 2 numbers of 32 bits in column 'v' of '{path}', but line 3 holds another text.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_FileIsNoSuchCsv_IsASentence()
    {
        var ragged = Write("ragged.csv", "x,y", "1,2", "1,2,3");
        var semicolons = Write("semicolons.csv", "x;y", "1;2");
        var twice = Write("twice.csv", "x,X", "1,2");
        var empty = Write("empty.csv", "x");
        var utf16 = _folder.Combine("utf16.csv");
        await File.WriteAllTextAsync(utf16, "x\n1\n", System.Text.Encoding.Unicode);

        Assert.Equal($"Expected 2 columns in every row of '{ragged}', but found 3 in line 3.", (await Assert.ThrowsAsync<CorruptFileException>(() => OpenAsync(ragged))).Message);
        Assert.Equal(
            $"Expected a column 'x' in '{semicolons}', but found 'x;y'. If ';' stands between its values, say so: CsvOptions.Delimiter.",
            (await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(semicolons))).Message);
        Assert.Equal($"Expected the column names of '{twice}' to be unique without regard to case, but 'x' occurs 2 times.", (await Assert.ThrowsAsync<CorruptFileException>(() => OpenAsync(twice))).Message);
        Assert.Equal("Expected rows in the 1 CSV files, but they have none.", (await Assert.ThrowsAsync<TrainingDataException>(() => OpenAsync(empty))).Message);
        Assert.StartsWith($"Expected UTF-8 in '{utf16}', but it begins with the mark of UTF-16.", (await Assert.ThrowsAsync<CorruptFileException>(() => OpenAsync(utf16))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FileNotFoundException>(() => OpenAsync(_folder.Combine("absent.csv")));
    }

    [Fact]
    public async Task OpenAsync_MarksThatCannotBe_AreRefused()
    {
        var path = Write("a.csv", "x", "1");

        var e = await Assert.ThrowsAsync<ArgumentException>(
            () => CsvTrainingSet.OpenAsync([path], new FileColumns { Features = [new("x", FeatureType.Int64)] }, new CsvOptions { Delimiter = '"' }));

        Assert.Equal("Expected CsvOptions.Delimiter to be another character than Quote, but both are '\"'.", e.Message);
    }

    [Fact]
    public async Task ReadAsync_FileChangedSince_IsASentence()
    {
        var path = Write("a.csv", "x", "1");
        var set = await OpenAsync(path);
        await File.AppendAllTextAsync(path, "2\n");

        var e = await Assert.ThrowsAsync<TrainingDataException>(() => SyntheticRows.WholeOf(set));

        Assert.StartsWith($"Expected '{path}' as it was when the training set was opened (4 bytes, written at ", e.Message, StringComparison.Ordinal);
        Assert.Contains("but it has changed since (6 bytes, written at ", e.Message, StringComparison.Ordinal);
    }

    private static Task<CsvTrainingSet> OpenAsync(string path) => CsvTrainingSet.OpenAsync([path], new FileColumns { Features = [new("x", FeatureType.Int64)] });

    private string Write(string name, params string[] lines)
    {
        var path = _folder.Combine(name);
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
        return path;
    }
}
