using System.Security.Cryptography;
using System.Text;
using Apache.Arrow;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Redaction;

public sealed class RedactedLogTests
{
    private const string Secret = "Zyxwvut Cab of Nowhere";

    private const long SecretNumber = 0x5EC0_DE5E_C0DE_0042;

    private static readonly byte[] HashKey = [.. Enumerable.Range(7, 32).Select(i => (byte)i)];

    private static readonly FeatureRowLayout Layout = new(
    [
        new("fare", FeatureType.Float32, "trip"),
        new("age", FeatureType.Float32, "trip"),
        new("embedding", FeatureType.Float32, "trip") { Length = 3 },
        new("name", FeatureType.String, "company"),
        new("alias", FeatureType.String, "company"),
        new("street", FeatureType.String, "company"),
        new("badge", FeatureType.Int64, "company"),
        new("year", FeatureType.Int64, "company"),
        new("income", FeatureType.Float64, "company"),
        new("is_owner", FeatureType.Boolean, "company"),
    ]);

    private static readonly RedactionOptions Options = new RedactionOptions()
        .Erase("street", "embedding", "is_owner").Hash(HashKey, "name", "badge", "company").Bucket("age", 10).Bucket("year", 5).Bucket("income", 1_000);

    [Fact]
    public async Task Record_RedactedColumns_AreErasedHashedAndBucketed()
    {
        await using var log = new LogHarness(configuration: With(Options));
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, Fill(), 1);
        await log.FlushAsync();

        var batch = Assert.Single(await log.ReadAsync());
        Assert.Equal(12.5f, ((FloatArray)batch.Column("f_fare")).GetValue(0));
        Assert.Equal(40f, ((FloatArray)batch.Column("f_age")).GetValue(0));
        Assert.Equal(Hmac(Encoding.UTF8.GetBytes(Secret)), ((StringArray)batch.Column("f_name")).GetString(0));
        Assert.Equal("open", ((StringArray)batch.Column("f_alias")).GetString(0));
        Assert.Equal(NumberOf(SecretNumber), ((Int64Array)batch.Column("f_badge")).GetValue(0));
        Assert.Equal(1_985, ((Int64Array)batch.Column("f_year")).GetValue(0));
        Assert.Equal(-2_000, ((DoubleArray)batch.Column("f_income")).GetValue(0));
        Assert.Equal(Hmac(Encoding.UTF8.GetBytes(Secret)), ((StringArray)batch.Column("k_company")).GetString(0));
        Assert.Equal(8, ((Int64Array)batch.Column("k_area")).GetValue(0));
        var key = EntityKeyEncoding.Decode(((BinaryArray)batch.Column("entity_key")).GetBytes(0));
        Assert.Equal([Hmac(Encoding.UTF8.GetBytes(Secret)), 8], key);
        foreach (var erased in new[] { "f_street", "f_embedding", "f_is_owner" })
        {
            Assert.Equal(-1, batch.Schema.GetFieldIndex(erased));
            Assert.Equal(1, ((UInt8Array)batch.Column(erased + "__status")).GetValue(0)!.Value);
            Assert.Equal("erase", batch.Schema.GetFieldByName(erased + "__status").Metadata[PredictionColumns.RedactionKey]);
        }
    }

    [Fact]
    public async Task Record_RedactedColumns_SchemaAndHeaderSayHow()
    {
        await using var log = new LogHarness(configuration: With(Options));
        Record(log.Writer.Attach(TestModels.Serve(Layout))!, Fill(), 1);
        await log.FlushAsync();

        var schema = Assert.Single(await log.ReadAsync()).Schema;
        var hashed = schema.GetFieldByName("f_name").Metadata;
        Assert.Matches("^hmac-sha256:[0-9a-f]{8}$", hashed[PredictionColumns.RedactionKey]);
        Assert.Equal("name", hashed[PredictionColumns.RedactedFeatureKey]);
        Assert.False(hashed.ContainsKey(PredictionColumns.FeatureKey));
        Assert.Equal("bucket:10", schema.GetFieldByName("f_age").Metadata[PredictionColumns.RedactionKey]);
        Assert.True(schema.GetFieldByName("f_fare").Metadata.ContainsKey(PredictionColumns.FeatureKey));
        Assert.Matches("^hmac-sha256:", schema.GetFieldByName("k_company").Metadata[PredictionColumns.RedactionKey]);
        using var reader = FrameLogReader.Open(Assert.Single(log.Segments));
        var said = SegmentHeader.Read(reader).Redaction!;
        Assert.Equal(("erase", "bucket:1000"), (said["street"], said["income"]));
        Assert.Equal(9 - 1, said.Count(s => s.Key != "company"));
    }

    [Fact]
    public async Task Record_Secrets_StandInNoFile()
    {
        await using var log = new LogHarness(configuration: With(Options));
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = Fill();
        for (var i = 0; i < 200; i++)
        {
            Record(sink, rows, i);
        }

        await log.FlushAsync();
        await log.Writer.CloseAsync(CancellationToken.None);

        var files = Directory.GetFiles(log.Directory.Root, "*", SearchOption.AllDirectories).Select(File.ReadAllBytes).ToList();
        Assert.NotEmpty(files);
        Assert.All(files, AssertHasNoSecret);
        Assert.Contains(files, f => f.AsSpan().IndexOf("open"u8) >= 0);
    }

    [Fact]
    public void Write_Secrets_StandNeitherInTheRingNorInWhatIsLeftOfAClaim()
    {
        var redaction = RedactionConfiguration.From(Options);
        var model = TestModels.Serve(Layout);
        var format = new RecordFormat(Layout, FeatureRedactor.For(redaction, Layout), KeyRedactor.For(redaction, model.Keys));
        var ring = new RecordRing(64 * 1024);
        var record = Prediction(Fill(), 1, [Secret, 8]);
        Assert.True(ring.TryClaim((int)format.Measure(record), out _, out var body));

        format.Write(record, variant: 0, weight: 1, body);

        AssertHasNoSecret(ring.Memory.ToArray());
        Assert.True(ring.Memory.IndexOf("open"u8) > 0);
    }

    [Fact]
    public async Task Record_Redacted_AllocatesNothing()
    {
        await using var log = new LogHarness(configuration: With(Options) with { CommitInterval = TimeSpan.FromMinutes(1) });
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = Fill();
        EntityValue[] keys = [Secret, 8];

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                sink.Record(Prediction(rows, i, keys));
            }
        }));
        Assert.Equal(0, log.Statistics.Dropped);
    }

    [Fact]
    public async Task Record_KeyOfOtherParts_IsErasedWhole()
    {
        await using var log = new LogHarness(configuration: With(Options));
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        sink.Record(Prediction(Fill(), 1, [Secret]));
        await log.FlushAsync();

        var batch = Assert.Single(await log.ReadAsync());
        Assert.Equal(EntityValue.Null, Assert.Single(EntityKeyEncoding.Decode(((BinaryArray)batch.Column("entity_key")).GetBytes(0))));
    }

    [Theory]
    [InlineData("fare", 0)]
    [InlineData("embedding", 0)]
    [InlineData("is_owner", 0)]
    [InlineData("name", 10)]
    [InlineData("is_owner", 10)]
    [InlineData("year", 2.5)]
    public async Task Attach_ColumnThatCannotBeRedactedSo_IsNotLoggedAndSaysWhy(string column, double width)
    {
        await using var log = new LogHarness(configuration: With(width == 0 ? new RedactionOptions().Hash(HashKey, column) : new RedactionOptions().Bucket(column, width)));

        Assert.Null(log.Writer.Attach(TestModels.Serve(Layout)));

        var health = log.Writer.CheckHealth();
        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.Contains($"found feature '{column}' of type", health.Description, StringComparison.Ordinal);
        Assert.Contains("(model 'tips' version 1)", health.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 5, -5)]
    [InlineData(-5, 5, -5)]
    [InlineData(0, 5, 0)]
    [InlineData(9, 5, 5)]
    [InlineData(long.MinValue, 10, long.MinValue)]
    [InlineData(long.MaxValue, 10, 9223372036854775800)]
    public void Floor_Integers_GoDownToTheBucket(long value, double width, long expected)
        => Assert.Equal(expected, new ColumnRedaction(RedactionKind.Bucket, width).Floor(value));

    [Fact]
    public void Redact_Key_IsWhatEncodeWrites()
    {
        KeyColumn[] keys = [new("company", EntityValueKind.String), new("id", EntityValueKind.Guid), new("badge", EntityValueKind.Int64), new("year", EntityValueKind.Int64), new("zone", EntityValueKind.String)];
        var redactor = KeyRedactor.For(RedactionConfiguration.From(new RedactionOptions().Hash(HashKey, "company", "id", "badge").Bucket("year", 10).Erase("zone")), keys)!;
        List<EntityValue[]> cases =
        [
            [Secret, Guid.Parse("0198aaaa-bbbb-7ccc-8ddd-eeeeffff0001"), SecretNumber, 1_987, "north"],
            [new string('é', 3_000), Guid.Empty, 0, -3, EntityValue.Null],
            ["", EntityValue.Null, EntityValue.Null, "x", 5],
        ];

        foreach (var key in cases)
        {
            var bytes = new byte[KeyRedactor.GetMaximumLength(key)];
            Assert.Equal(redactor.Redact(key), EntityKeyEncoding.Decode(bytes.AsSpan(0, redactor.Encode(key, bytes))));
        }

        Assert.True(redactor.IsLossy);
        Assert.Equal(1_980, redactor.Redact(cases[0])[3]);
        Assert.True(redactor.Redact(cases[0])[4].IsNull);
    }

    private static void AssertHasNoSecret(byte[] bytes)
    {
        Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0);
        Assert.True(bytes.AsSpan().IndexOf("Secret Street 1"u8) < 0);
        Assert.True(bytes.AsSpan().IndexOf(BitConverter.GetBytes(SecretNumber)) < 0);
        Assert.True(bytes.AsSpan().IndexOf(BitConverter.GetBytes(SecretNumber).Reverse().ToArray()) < 0);
        Assert.True(bytes.AsSpan().IndexOf(BitConverter.GetBytes(-1_234.5678)) < 0);
        Assert.True(bytes.AsSpan().IndexOf(BitConverter.GetBytes(43.21f)) < 0);
        Assert.True(bytes.AsSpan().IndexOf(BitConverter.GetBytes(0.123456f)) < 0);
        Assert.True(bytes.AsSpan().IndexOf(HashKey) < 0);
    }

    private static PredictionLogConfiguration With(RedactionOptions options)
        => PredictionLogConfiguration.Default with { Redaction = new Dictionary<string, RedactionConfiguration> { ["tips"] = RedactionConfiguration.From(options) } };

    private static FeatureRows Fill()
    {
        var rows = new FeatureRows(Layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        float[] floats = [12.5f, 43.21f, 0.123456f, 0.123456f, 0.123456f];
        floats.CopyTo(rows.Float32Of(0));
        rows.SetString(0, 0, Secret);
        rows.SetString(0, 1, "open");
        rows.SetString(0, 2, "Secret Street 1");
        (rows.Int64Of(0)[0], rows.Int64Of(0)[1]) = (SecretNumber, 1_987);
        rows.Float64Of(0)[0] = -1_234.5678;
        rows.BooleanOf(0)[0] = true;
        return rows;
    }

    private static void Record(IPredictionSink sink, FeatureRows rows, long number) => sink.Record(Prediction(rows, number, [Secret, 8]));

    private static PredictionRecord Prediction(FeatureRows rows, long number, EntityValue[] keys) => new()
    {
        Id = TestModels.Id(number),
        EventTime = number,
        RequestTime = number,
        LatencyNanoseconds = 10,
        Outcome = PredictionOutcome.Error,
        Keys = keys,
        Features = rows.RowOf(0),
    };

    private static string Hmac(byte[] value) => Convert.ToHexStringLower(HMACSHA256.HashData(HashKey, value));

    private static long NumberOf(long value)
    {
        var bytes = BitConverter.GetBytes(value);
        System.Array.Reverse(bytes);
        return BitConverter.ToInt64([.. HMACSHA256.HashData(HashKey, bytes).AsSpan(0, 8).ToArray().Reverse()]);
    }
}
