using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SparkScoring;

/// <summary>A Spark on this machine, made of its jars and nothing else. It ends with this process.</summary>
internal sealed class SparkProcess : IAsyncDisposable
{
    private static readonly string[] OpenPackages =
    [
        "java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util", "java.util.concurrent", "java.util.concurrent.atomic",
        "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs", "sun.security.action", "sun.util.calendar",
    ];

    private readonly Process _process;
    private readonly DirectoryInfo _scratch;

    private SparkProcess(Process process, DirectoryInfo scratch, int port)
    {
        _process = process;
        _scratch = scratch;
        Connection = string.Create(CultureInfo.InvariantCulture, $"sc://127.0.0.1:{port}");
    }

    public string Connection { get; }

    /// <summary>Starts Spark and waits until it answers.</summary>
    /// <param name="jars">Folder of the jars, spark-connect among them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<SparkProcess> StartAsync(string jars, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(jars) || Directory.GetFiles(jars, "spark-connect*.jar").Length == 0)
        {
            throw new SparkScoringException($"Expected the jars of Spark with spark-connect in '{jars}', but found none.");
        }

        var scratch = Directory.CreateTempSubdirectory("spark-scoring-");
        var port = FreePort();
        var start = new ProcessStartInfo(JavaPath(), Arguments(jars, scratch.FullName, port)) { WorkingDirectory = scratch.FullName, RedirectStandardError = true, RedirectStandardOutput = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            scratch.Delete(recursive: true);
            throw new SparkScoringException("Expected Java 17 or newer on the PATH or in JAVA_HOME, but found none.");
        }

        var spark = new SparkProcess(process, scratch, port);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        try
        {
            while (!await AnswersAsync(port, cancellationToken))
            {
                if (process.HasExited)
                {
                    throw new SparkScoringException($"Spark did not start: {(await errors).Split('\n').FirstOrDefault(l => l.Length > 0)}");
                }

                await Task.Delay(200, cancellationToken);
            }

            return spark;
        }
        catch
        {
            await spark.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _scratch.Delete(recursive: true);
    }

    private static IEnumerable<string> Arguments(string jars, string scratch, int port) =>
    [
        "-Xmx1g",
        "-XX:+IgnoreUnrecognizedVMOptions",
        .. OpenPackages.Select(p => $"--add-opens=java.base/{p}=ALL-UNNAMED"),
        "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Dio.netty.tryReflectionSetAccessible=true",
        $"-Djava.io.tmpdir={scratch}",
        "-Dspark.master=local[*]",
        "-Dspark.app.name=spark-scoring",
        "-Dspark.ui.enabled=false",
        "-Dspark.log.level=WARN",
        "-Dspark.driver.host=127.0.0.1",
        "-Dspark.driver.bindAddress=127.0.0.1",
        "-Dspark.connect.grpc.binding.address=127.0.0.1",
        string.Create(CultureInfo.InvariantCulture, $"-Dspark.connect.grpc.binding.port={port}"),
        $"-Dspark.local.dir={scratch}",
        $"-Dspark.sql.warehouse.dir={scratch}/warehouse",
        "-Dspark.sql.catalogImplementation=in-memory",
        "-cp",
        Path.Combine(jars, "*"),
        "org.apache.spark.sql.connect.service.SparkConnectServer",
    ];

    private static string JavaPath() => Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 } home ? Path.Combine(home, "bin", "java") : "java";

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A port below those that systems hand out by themselves: one of theirs could go to any connection while Spark starts.</summary>
    private static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(10_000, 20_000));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // Somebody listens there, or the system keeps it.
            }
        }
    }
}
