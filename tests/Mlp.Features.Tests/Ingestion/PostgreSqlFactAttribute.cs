namespace Mlp.Features.Tests.Ingestion;

/// <summary>A fact that needs a PostgreSQL server: the one that the variable MLP_POSTGRES names by a connection string, or programs to start one with; skipped where there is neither.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgreSqlFactAttribute : FactAttribute
{
    public PostgreSqlFactAttribute()
    {
        if (!PostgreSqlServer.IsPresent)
        {
            Skip = "No PostgreSQL server: set MLP_POSTGRES to a connection string, or install the server's programs (initdb, pg_ctl).";
        }
    }
}
