/** Instructions of a team, as `TH_INSTRUCTIONS` takes them: about 1,000 tokens, below the limit of 4 KiB. */
export const INSTRUCTIONS = `Voice. We write to people at work who have little time. Be short, calm and exact. Say what happened, then what to do. No
exclamation marks, no jokes, no blame. Prefer verbs to nouns: "Delete the file", not "Deletion of the file". Where a word of the
source has two meanings, look at the context and choose the one of the place where the text stands.

Form of address. German: Sie, never du. French: vous. Japanese: です/ます in sentences, plain nouns on buttons. Buttons and menu items
are infinitives in German (Datei öffnen) and French (Ouvrir le fichier), nouns of action in Japanese (保存, 削除). Titles have no full
stop. Sentences have one. A question of a dialog is a whole sentence: "Möchten Sie die Datei löschen?"

Typography. German quotes are „…“, French ones « … » with narrow spaces, Japanese ones 「…」. French puts a narrow space before : ; ! and ?.
Keep the ellipsis character. Never write two spaces. Dates and numbers come from the program, so leave their placeholders where the
grammar of the language wants them. Use capital letters as the language does, not as English titles do.

Length. Labels of buttons stand in narrow places: at most 1.3 times the length of the English text. Shorten by leaving out articles, not
by abbreviations. An abbreviation is right only where people say it: GB, min, PDF.

Names. Trans-Hub, PostgreSQL, Kubernetes, GitHub, Android, Firefox and Home Assistant stay as they are, without endings. Names of plans
(Starter, Team, Business) stay in English. Names of menus and settings are the same wherever they occur.

Words. account: Konto / compte / アカウント. sign in: anmelden / se connecter / ログイン. sign out: abmelden / se déconnecter / ログアウト.
sign up: registrieren / créer un compte / 登録. settings: Einstellungen / paramètres / 設定. preferences: Einstellungen / préférences / 環境設定.
dashboard: Übersicht / tableau de bord / ダッシュボード. device: Gerät / appareil / デバイス. entity: Entität / entité / エンティティ.
workspace: Arbeitsbereich / espace de travail / ワークスペース. team: Team / équipe / チーム. member: Mitglied / membre / メンバー.
owner: Eigentümer / propriétaire / 所有者. role: Rolle / rôle / ロール. permission: Berechtigung / autorisation / 権限. order: Bestellung /
commande / 注文. cart: Warenkorb / panier / カート. checkout: Kasse / paiement / レジ. refund: Erstattung / remboursement / 返金. shipping:
Versand / livraison / 配送. warehouse: Lager / entrepôt / 倉庫. stock: Bestand / stock / 在庫. draft: Entwurf / brouillon / 下書き. publish:
veröffentlichen / publier / 公開する. review: prüfen / vérifier / 確認する. branch: Zweig / branche / ブランチ. request: Anfrage / requête / リクエスト.
environment: Umgebung / environnement / 環境. token: Token / jeton / トークン. key: Schlüssel / clé / キー. log: Protokoll / journal / ログ. backup:
Sicherung / sauvegarde / バックアップ. restore: wiederherstellen / restaurer / 復元する. upgrade: Upgrade / mise à niveau / アップグレード.
alert: Warnung / alerte / 警告. filter: Filter / filtre / フィルター. folder: Ordner / dossier / フォルダ. invoice: Rechnung / facture / 請求書.
customer: Kunde / client / 顧客. quantity: Menge / quantité / 数量. tax: Steuer / taxe / 税. discount: Rabatt / remise / 割引. voucher:
Gutschein / bon d’achat / クーポン. variant: Variante / variante / バリエーション. search: suchen / rechercher / 検索. retry: erneut versuchen /
réessayer / 再試行. dismiss: schließen / ignorer / 閉じる. enable: aktivieren / activer / 有効にする. disable: deaktivieren / désactiver / 無効にする.

Errors. Name the thing and the cure: "Das Passwort ist zu kurz. Nehmen Sie mindestens 12 Zeichen." Never write "Fehler aufgetreten".
`;
