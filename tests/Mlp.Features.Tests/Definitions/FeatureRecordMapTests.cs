using Mlp.Features.Definitions;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Definitions;

public sealed class FeatureRecordMapTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.FromHours(2));

    [Fact]
    public void GetKey_NullableParts_AreNullOrValues()
    {
        var map = FeatureRecordMap.Create<CompanyStats>();
        var key = new EntityValue[2];

        map.GetKey(Stats("Flash Cab", 8), key);
        Assert.Equal([EntityValue.FromString("Flash Cab"), EntityValue.FromInt64(8)], key);

        map.GetKey(Stats(null, null), key);
        Assert.Equal([EntityValue.Null, EntityValue.Null], key);
    }

    [Fact]
    public void Times_BelowOneMicrosecond_AreRoundedUp()
    {
        var map = FeatureRecordMap.Create<CompanyStats>();
        var stats = Stats("a", 1) with { EventTimestamp = Noon.AddTicks(1), KnownAt = Noon.UtcDateTime.AddTicks(11) };

        Assert.Equal(Microseconds.FromRequestTime(Noon) + 1, map.GetEventTime(stats));
        Assert.Equal(Microseconds.FromRequestTime(Noon) + 2, map.GetCreatedTime(stats));
    }

    [Fact]
    public void GetCreatedTime_NullOrFromEventTime_FollowsTheDefinition()
    {
        Assert.Null(FeatureRecordMap.Create<CompanyStats>().GetCreatedTime(Stats("a", 1) with { KnownAt = null }));

        var area = new AreaStats(1, Noon, 2f);
        Assert.Equal(Microseconds.FromFeatureTime(Noon), FeatureRecordMap.Create<AreaStats>().GetCreatedTime(area));
    }

    [Fact]
    public void WriteFields_EveryType_ArrivesInOrderWithItsBits()
    {
        var writer = new Recorder([]);
        FeatureRecordMap.Create<CompanyStats>().WriteFields(Stats("a", 1) with { MeanFare = -0f, TipShare = double.NaN }, ref writer);
        Assert.Equal(["0:i5", "1:f80000000", $"2:d{BitConverter.DoubleToInt64Bits(double.NaN):x}", "3:bTrue", "4:sµ"], writer.Calls);

        writer = new Recorder([]);
        FeatureRecordMap.Create<CompanyStats>().WriteFields(Stats("a", 1) with { MeanFare = null, Motto = null }, ref writer);
        Assert.Equal("1:null", writer.Calls[1]);
        Assert.Equal("4:null", writer.Calls[4]);
    }

    [Fact]
    public void Reading_AfterWarmUp_AllocatesNothing()
    {
        var map = FeatureRecordMap.Create<CompanyStats>();
        var stats = Stats("Flash Cab", 8);
        var key = new EntityValue[2];
        var sum = new Summing();

        Assert.Equal(0, Allocations.OfBestRun(() => Read(1000)));

        void Read(int times)
        {
            for (var i = 0; i < times; i++)
            {
                map.GetKey(stats, key);
                sum.Total += map.GetEventTime(stats) ?? 0;
                sum.Total += map.GetCreatedTime(stats) ?? 0;
                map.WriteFields(stats, ref sum);
            }
        }
    }

    [Fact]
    public void Create_RecordWithoutAColumn_NamesTheColumns()
    {
        var view = new FeatureViewBuilder("v").Key("area", EntityValueKind.Int64).EventTime("at").Feature("speed", FeatureType.Float32).Build();

        var e = Assert.Throws<FeatureDefinitionException>(() => FeatureRecordMap.Create<AreaStats>(view));
        Assert.Equal("Expected 'AreaStats' to have a property for column 'speed' of feature view 'v' version 1, but found 'area', 'at', 'mean_fare'.", e.Message);
    }

    [Fact]
    public void Create_RecordWithAnotherType_NamesBoth()
    {
        var view = new FeatureViewBuilder("v").Key("area", EntityValueKind.Int64).EventTime("at").Feature("mean_fare", FeatureType.Float64).Build();

        var e = Assert.Throws<FeatureDefinitionException>(() => FeatureRecordMap.Create<AreaStats>(view));
        Assert.Equal("Expected 'AreaStats.MeanFare' to be Float64 for column 'mean_fare' of feature view 'v' version 1, but found Single.", e.Message);
    }

    private static CompanyStats Stats(string? company, int? area) => new(company, area, Noon, Noon.UtcDateTime, 5, 1.5f, 0.25, true, "µ");

    private readonly struct Recorder(List<string> calls) : IFeatureFieldWriter
    {
        public List<string> Calls { get; } = calls;

        public void WriteFloat32(int field, float value) => Calls.Add($"{field}:f{BitConverter.SingleToInt32Bits(value):x}");

        public void WriteFloat64(int field, double value) => Calls.Add($"{field}:d{BitConverter.DoubleToInt64Bits(value):x}");

        public void WriteInt64(int field, long value) => Calls.Add($"{field}:i{value}");

        public void WriteBoolean(int field, bool value) => Calls.Add($"{field}:b{value}");

        public void WriteString(int field, string value) => Calls.Add($"{field}:s{value}");

        public void WriteVector(int field, ReadOnlySpan<float> value) => throw new NotSupportedException();

        public void WriteNull(int field) => Calls.Add($"{field}:null");
    }

    private struct Summing : IFeatureFieldWriter
    {
        public long Total;

        public void WriteFloat32(int field, float value) => Total += (long)value;

        public void WriteFloat64(int field, double value) => Total += (long)value;

        public void WriteInt64(int field, long value) => Total += value;

        public void WriteBoolean(int field, bool value) => Total += value ? 1 : 0;

        public void WriteString(int field, string value) => Total += value.Length;

        public void WriteVector(int field, ReadOnlySpan<float> value) => throw new NotSupportedException();

        public void WriteNull(int field) => Total++;
    }
}
