using Mlp.TestSupport;
using Quickstart;
using Quickstart.Data;

namespace Mlp.Integration.Tests.Quickstart;

public sealed class TripCsvTests : IDisposable
{
    private const string Header =
        "pickup_community_area,fare,trip_start_month,trip_start_hour,trip_start_day,trip_start_timestamp,trip_miles,payment_type,company,trip_seconds,tips";

    private const string GoodLine = "8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3";

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Read_Trips_SortsThemAndKeepsWhatIsUnknownNull()
    {
        var source = Read(Header, "8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3", ",4.25,3,19,6,1362683700,,Cash,,300,0");

        Assert.Equal([1362683700, 1400269500], source.Trips.Select(t => t.Start.ToUnixTimeSeconds()));
        Assert.Null(source.Trips[0].Company);
        Assert.Null(source.Trips[0].PickupArea);
        Assert.False(source.Trips[0].IsBigTip);
        Assert.True(source.Trips[1].IsBigTip);
        Assert.Equal(source.Trips[1].Start.AddSeconds(600), source.Trips[1].End);
    }

    [Fact]
    public void Read_MissingColumn_NamesItAndTheFile()
    {
        var thrown = Assert.Throws<InvalidDataException>(() => Read(Header.Replace(",tips", string.Empty, StringComparison.Ordinal), "8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600"));

        Assert.StartsWith($"Expected the column 'tips' in '{_temp.Combine("trips.csv")}', but found only", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BadNumber_NamesRowAndColumn()
    {
        var thrown = Assert.Throws<InvalidDataException>(() => Read(Header, "8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3", "8,ten,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3"));

        Assert.Contains("column 'fare', row 3", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ten", thrown.Message[..thrown.Message.IndexOf("of '", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8,10,5,19,6,99999999999999999,1.5,Cash,Flash Cab,600,3", "column 'trip_start_timestamp', row 3")]
    [InlineData("8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,1e300,3", "column 'trip_seconds', row 3")]
    public void Read_NumberOutOfRange_NamesRowAndColumn(string line, string expected)
        => Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Read(Header, GoodLine, line)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("8,10,5")]
    [InlineData("8,10,5,19,6,1400269500,1.5,\"Cash,Flash Cab,600,3")]
    public void Read_RaggedRowOrOpenQuote_NamesTheRowAndNoColumns(string line)
    {
        string[] lines = [Header, .. Enumerable.Repeat(GoodLine, 19), line, .. Enumerable.Repeat(GoodLine, 10)];

        var thrown = Assert.Throws<InvalidDataException>(() => Read(lines));

        Assert.Contains("21", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Expected the column", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoFile_SaysSo() => Assert.Throws<FileNotFoundException>(() => TripCsv.Read(_temp.Combine("absent.csv")));

    [Theory]
    [InlineData("--tripz", "found '--tripz'")]
    [InlineData("--data", "end of the command line")]
    public void Parse_WrongOption_NamesIt(string argument, string expected)
        => Assert.Contains(expected, Assert.Throws<ArgumentException>(() => QuickstartOptions.Parse([argument])).Message, StringComparison.Ordinal);

    private TripSource Read(params string[] lines)
    {
        File.WriteAllLines(_temp.Combine("trips.csv"), lines);
        return TripCsv.Read(_temp.Combine("trips.csv"));
    }
}
