"""Data that was wrong when it was disclosed: findings, notices to the consumers, and corrected disclosures (K-37).

Here an import begins: it has changed data that recipients have received. A consumer who asks for data to be corrected
makes a request, which is another record with other time limits: `tenants.records.corrections` (K-38).
"""
