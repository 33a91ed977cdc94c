using System.Diagnostics;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>A PostgreSQL server for one test: a given one, or one of its own over a Unix socket in a temporary folder.</summary>
internal sealed class PostgreSqlServer : IDisposable
{
    private static readonly string? Given = Environment.GetEnvironmentVariable("MLP_POSTGRES");
    private static readonly string? Programs = FindPrograms();

    private readonly TempDirectory? _folder;

    private PostgreSqlServer(string connectionString, TempDirectory? folder)
    {
        ConnectionString = connectionString;
        _folder = folder;
    }

    internal static bool IsPresent => Given is not null || Programs is not null;

    internal string ConnectionString { get; }

    internal static PostgreSqlServer Start()
    {
        if (Given is not null)
        {
            return new PostgreSqlServer(Given, null);
        }

        var folder = new TempDirectory();
        var data = folder.Combine("data");
        Run("initdb", folder, "-D", data, "-A", "trust", "-U", "mlp", "-E", "UTF8", "--no-locale", "--no-sync");
        Run("pg_ctl", folder, "-D", data, "-w", "-t", "120", "-l", folder.Combine("log"), "-o", $"-k {folder.FullName} -c listen_addresses= -c fsync=off", "start");
        return new PostgreSqlServer($"Host={folder.FullName};Username=mlp;Database=postgres;Pooling=false;Timeout=120;Command Timeout=300", folder);
    }

    public void Dispose()
    {
        if (_folder is not null)
        {
            Run("pg_ctl", _folder, "-D", _folder.Combine("data"), "-m", "immediate", "-w", "stop");
            _folder.Dispose();
        }
    }

    private static void Run(string program, TempDirectory folder, params string[] arguments)
    {
        // The server refuses to run as root.
        var asRoot = Environment.UserName == "root";
        if (asRoot)
        {
            Execute("chown", folder, ["postgres", folder.FullName]);
        }

        var path = Path.Combine(Programs!, program);
        Execute(asRoot ? "setpriv" : path, folder, asRoot ? ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments] : arguments);
    }

    private static void Execute(string path, TempDirectory folder, IEnumerable<string> arguments)
    {
        // Its output is not read: a server that is started keeps it open.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >\"$OUTPUT\" 2>&1", path, .. arguments])
        {
            WorkingDirectory = folder.FullName,
            Environment = { ["OUTPUT"] = folder.Combine("output") },
        })!;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{path}: {(File.Exists(folder.Combine("output")) ? File.ReadAllText(folder.Combine("output")) : "no output")}");
    }

    private static string? FindPrograms()
    {
        if (!OperatingSystem.IsLinux() || (Environment.UserName == "root" && !File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal))))
        {
            return null;
        }

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")) : []);
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }
}
