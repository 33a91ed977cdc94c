using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mlp.Spark.Tests.Servers;

/// <summary>A server in this process that plays Spark, for what a real one does not do on demand.</summary>
internal sealed class PlayedServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private PlayedServer(WebApplication application, PlayedSpark spark, X509Certificate2? certificate)
    {
        _application = application;
        Spark = spark;
        Certificate = certificate;
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Connection = "sc://localhost:" + new Uri(address).Port.ToString(CultureInfo.InvariantCulture);
    }

    public PlayedSpark Spark { get; }

    /// <summary>The certificate, which nobody has signed; null without TLS.</summary>
    public X509Certificate2? Certificate { get; }

    public string Connection { get; }

    public static async Task<PlayedServer> StartAsync(PlayedSpark? spark = null, bool tls = false)
    {
        spark ??= new PlayedSpark();
        var certificate = tls ? CreateCertificate() : null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(spark);
        builder.Services.AddGrpc();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        var application = builder.Build();
        application.MapGrpcService<PlayedSpark>();
        await application.StartAsync();
        return new PlayedServer(application, spark, certificate);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        Certificate?.Dispose();
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
