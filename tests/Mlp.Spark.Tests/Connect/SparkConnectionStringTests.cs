using Mlp.Spark.Connect;

namespace Mlp.Spark.Tests.Connect;

public sealed class SparkConnectionStringTests
{
    [Fact]
    public void Parse_HostAlone_HasTheDefaults()
    {
        var connection = SparkConnectionString.Parse("sc://spark.example.org");

        Assert.Equal(("spark.example.org", 15002, false), (connection.Host, connection.Port, connection.UsesTls));
        Assert.Null(connection.Token);
        Assert.Null(connection.UserId);
        Assert.Null(connection.SessionId);
        Assert.Empty(connection.Headers);
    }

    [Fact]
    public void Parse_AllParameters_AreDecoded()
    {
        var connection = SparkConnectionString.Parse(
            "sc://host:443/;use_ssl=true;token=a%3Db%3B;user_id=Ann%20B;user_agent=tests;session_id=5c0a4f6e-0f5c-4c7e-9d52-1b7e0e8d7a11;grpc_max_message_size=1000;x-cluster=7");

        Assert.Equal((443, true, "a=b;", "Ann B", "tests"), (connection.Port, connection.UsesTls, connection.Token, connection.UserId, connection.UserAgent));
        Assert.Equal(Guid.Parse("5c0a4f6e-0f5c-4c7e-9d52-1b7e0e8d7a11"), connection.SessionId);
        Assert.Equal(1000, connection.MaxMessageBytes);
        Assert.Equal("7", Assert.Single(connection.Headers).Value);
        Assert.Equal("sc://host:443", connection.ToString());
    }

    [Theory]
    [InlineData("sc://[::1]:15003", "[::1]", 15003)]
    [InlineData("sc://[::1]", "[::1]", 15002)]
    [InlineData("sc://10.0.0.1:1/", "10.0.0.1", 1)]
    public void Parse_Addresses_AreHosts(string text, string host, int port)
    {
        var connection = SparkConnectionString.Parse(text);

        Assert.Equal((host, port), (connection.Host, connection.Port));
    }

    [Theory]
    [InlineData("sc://host/;token=secret", true)]
    [InlineData("sc://host/;token=secret;use_ssl=true", true)]
    [InlineData("sc://localhost/;token=secret;use_ssl=false", false)]
    [InlineData("sc://127.0.0.1/;token=secret;use_ssl=false", false)]
    public void Parse_Token_IsEncryptedUnlessItStaysHere(string text, bool tls) => Assert.Equal(tls, SparkConnectionString.Parse(text).UsesTls);

    [Theory]
    [InlineData("http://host", "begin with 'sc://'")]
    [InlineData("sc://", "found ''")]
    [InlineData("sc://host:port", "found 'port'")]
    [InlineData("sc://host:0", "found '0'")]
    [InlineData("sc://host:70000", "found '70000'")]
    [InlineData("sc://host/path", "a path")]
    [InlineData("sc://host/;use_ssl", "one without '='")]
    [InlineData("sc://host/;=true", "one without a name")]
    [InlineData("sc://host/;use_ssl=", "a value ('use_ssl')")]
    [InlineData("sc://host/;use_ssl=yes", "found 'yes'")]
    [InlineData("sc://host/;user_id=a;user_id=b", "'user_id' twice")]
    [InlineData("sc://host/;session_id=7", "found '7'")]
    [InlineData("sc://host/;grpc_max_message_size=big", "found 'big'")]
    [InlineData("sc://host/;token=secret;use_ssl=false", "unencrypted to 'host'")]
    [InlineData("sc://host:15002;token=secret", "found ';' before any '/'")]
    [InlineData("sc://host;token=secret", "found ';' before any '/'")]
    [InlineData("sc://user:secret@host", "found '@' before any '/'")]
    public void Parse_Wrong_SaysWhat(string text, string expected)
    {
        var error = Assert.Throws<FormatException>(() => SparkConnectionString.Parse(text));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }
}
