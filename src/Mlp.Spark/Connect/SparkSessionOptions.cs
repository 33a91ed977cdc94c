using System.ComponentModel.DataAnnotations;

namespace Mlp.Spark.Connect;

/// <summary>Settings of a session.</summary>
public sealed class SparkSessionOptions
{
    /// <summary>
    /// Path of a worker that is installed on every executor: absolute, or relative to the folder in which executors run. A URI (<c>s3://</c>) is refused by the first query that needs the worker. Null for the archive that travels with the session.
    /// </summary>
    /// <value>The default value is null.</value>
    public string? WorkerPath { get; set; }

    /// <summary>
    /// Path of the worker's archive (<c>.tar.gz</c>) on this machine. Null for the one that the package <c>Mlp.Spark.Worker.linux-x64</c> puts beside the application. It is read to its end before it travels: one that is damaged or holds no worker is refused.
    /// </summary>
    /// <value>The default value is null.</value>
    public string? WorkerArchivePath { get; set; }

    /// <summary>
    /// A folder that this process and every executor see under the same absolute path: model packages are put there instead of travelling with each session. A URI (<c>s3://</c>) and a relative path are refused when the session is made.
    /// </summary>
    /// <value>The default value is null: they travel.</value>
    public string? SharedFolder { get; set; }

    /// <summary>
    /// Time without a sign of the server, while it owes an answer, after which it is asked for one; between 5 minutes and a day, since Spark drops clients that ask more often. A broken connection is noticed by that.
    /// </summary>
    /// <value>The default value is 6 minutes.</value>
    [Range(typeof(TimeSpan), "00:05:00", "1.00:00:00")]
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromMinutes(6);

    /// <summary>
    /// How long the server is looked for after the connection broke under a query, whose result then goes on where it stopped; up to an hour. Zero for not at all: what was not received is lost at once.
    /// The server keeps a result without a reader for five minutes (its setting <c>spark.connect.execute.manager.detachedTimeout</c>).
    /// </summary>
    /// <value>The default value is 2 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ReattachTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Changes how connections are made: a private certificate authority, a client certificate, a proxy.</summary>
    /// <value>The default value is null.</value>
    public Action<SocketsHttpHandler>? ConfigureHandler { get; set; }

    /// <summary>The clock that breaks of connections are timed by.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;
}
